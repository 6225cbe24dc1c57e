"""Runs the totals worker: the one owner of the ledger, whatever reads the log for it."""

import threading
import time
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import structlog

from analytics.ledger.ledger_file import Ledger
from analytics.ledger.ownership import adopt
from analytics.settings import VerifySettings
from analytics.workers.totals import OpenSource, TotalsWorker, follow_log
from analytics.workers.totals_figures import TotalsFigures
from tillstream import stores
from tillstream.calendars import described
from tillstream.errors import TillstreamError
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import prepared
from tillstream.runtime import broker, data_folder
from tillstream.runtime.owned_file import owned
from tillstream.runtime.tracing.start import tracing
from tillstream.runtime.watching.figures import disk_figures
from tillstream.runtime.watching.watched import watched

log = structlog.get_logger()


def run_totals(
    settings: VerifySettings, stop: threading.Event, open_source: OpenSource = follow_log
) -> None:
    """Count receipts into the ledger and publish; adopt a rebuilt ledger when there is one."""
    data_folder.require_current(settings.data_dir)
    path = settings.ledger_path()
    table = stores.load(settings)
    calendar = described(table)
    with (
        tracing(settings, "totals") as tracer,
        owned(path, calendar) as ours,
        watched(settings, "totals") as watching,
    ):
        if not ours:
            raise TillstreamError(f"another totals worker owns {path}; end it first")
        figures = TotalsFigures(watching, time.time)
        disk_figures(watching.registry, settings.data_dir)
        while not stop.is_set():
            adopt(path, calendar)
            with Ledger(path) as ledger, _figures_written(settings):
                totals = TotalsWorker(
                    ledger,
                    table,
                    time.time,
                    Log(settings.amqp_url),
                    settings.identity_days,
                    figures,
                    open_source,
                    tracer,
                )
                broker.keep_connected(
                    settings.amqp_url,
                    "totals",
                    prepared(
                        settings.amqp_url, settings.log_partitions, partial(totals.run, stop=stop)
                    ),
                    stop,
                    watching.vitals,
                )


def _figures_written(settings: VerifySettings) -> AbstractContextManager[None]:
    """The thread that writes the figures of days, where it is said where to."""
    if settings.mongo_url is None:
        log.warning("MONGO_URL is not set: the figures of days are not written to MongoDB")
        return nullcontext()
    # The other worker shall not carry it.
    from analytics.workers.figures_writer import writing

    return writing(settings.ledger_path(), settings.mongo_url, settings.mongo_database)
