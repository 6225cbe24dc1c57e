"""Wires the events worker with Spark as what reads and counts."""

import threading

from events.run_worker import run_worker
from events.settings import EventsSettings
from spark.session import spark_session
from spark.settings import QuerySettings
from spark.windows.log_source import SparkLogSource


def run_windows(
    settings: EventsSettings, query: QuerySettings, stop: threading.Event, *, with_archive: bool
) -> None:
    """Count events until `stop`, as `python -m events worker` does."""
    with spark_session(
        "windows", master=query.spark_master, cores=query.spark_cores, exit_on_sigterm=False
    ) as session:
        checkpoint = settings.data_dir / "spark" / "windows"
        run_worker(
            settings,
            stop,
            with_archive=with_archive,
            make_source=lambda definitions, is_changed: SparkLogSource(
                session, query, definitions, is_changed, settings.amqp_url, checkpoint
            ),
        )
