"""Runs the totals worker with Spark as what decodes."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache

from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql import SparkSession

from analytics.failures import failures_told
from analytics.workers.totals_run import run_totals
from spark.receipts.settings import ReceiptsSettings
from spark.receipts.source import SparkSource
from spark.session import spark_session
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets
from tillstream.runtime import logs, process


def run(stop: threading.Event) -> int:
    """Count until `stop`; raises TillstreamError."""
    settings = process.load_settings(ReceiptsSettings)
    logs.configure(settings, "receipts")
    process.calm_collector()
    process.calm_allocator()
    with ExitStack() as ends, failures_told(settings.ledger_path()):

        @cache
        def session() -> SparkSession:
            # Not before the ledger is known to be ours: it takes ten seconds.
            return ends.enter_context(
                spark_session(
                    "receipts",
                    master=settings.spark_master,
                    cores=settings.spark_cores,
                    log_level="ERROR",
                    exit_on_sigterm=False,
                )
            )

        def open_source(
            connection: BlockingConnection,
            log: PartitionedLog,
            positions: Callable[[], Offsets],
            _: threading.Event,
        ) -> SparkSource:
            return SparkSource(session(), settings, connection, log, positions())

        run_totals(settings, stop, open_source)
    return 0
