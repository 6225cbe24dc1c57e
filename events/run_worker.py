"""Wires the events worker: its state, the definitions, the broker, MongoDB and the archive."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from functools import partial

import structlog
from pika.adapters.blocking_connection import BlockingConnection

from events.archive.writer import ArchiveAwayError, ArchiveWriter
from events.erasures import KnownErasures
from events.log_source import LogSource, MessagesSource
from events.outbox.attributions import Attributions
from events.outbox.documents import conversions_writer
from events.receipts.receipts_counter import ReceiptsCounter
from events.receipts.receipts_source import ReceiptsSource
from events.settings import EventsSettings
from events.windows.adoption import adopt
from events.windows.event_counter import EventCounter
from events.windows.mongo_sink import MongoSink
from events.windows.new_erasures import ErasedMeanwhileError, NewErasures
from events.windows.state_file import State
from events.worker import EventsWorker
from events.worker_figures import WorkerFigures
from tillstream import stores, topology
from tillstream.errors import TillstreamError
from tillstream.log.continuity import Log
from tillstream.log.partitioned_log import prepared
from tillstream.runtime import broker, data_folder, quiet, retry
from tillstream.runtime.owned_file import owned
from tillstream.runtime.tracing.start import tracing
from tillstream.runtime.watching.figures import disk_figures
from tillstream.runtime.watching.watched import watched
from tillstream.streams import definitions_file
from tillstream.streams.definition import Definitions
from tillstream.streams.event_partitions import prepare_events
from tillstream.streams.events_log import EventsLog

log = structlog.get_logger()


#: Makes what the log is read by; the second says whether something of a stream's message at a
#: position was erased since.
MakeSource = Callable[[Definitions, Callable[[str, int], bool]], LogSource]


def run_worker(
    settings: EventsSettings,
    stop: threading.Event,
    *,
    with_archive: bool = True,
    make_source: MakeSource | None = None,
) -> None:
    """Count events into the state, and publish; adopt a rebuilt state when there is one."""
    quiet.release_when_quiet()
    data_folder.require_current(settings.data_dir)
    definitions = definitions_file.load_settings(settings)
    path = settings.state_path()
    with (
        tracing(settings, "events") as tracer,
        owned(path) as ours,
        watched(settings, "events") as watching,
    ):
        if not ours:
            raise TillstreamError(f"another events worker owns {path}; end it first")

        figures = WorkerFigures(watching, time.time)
        disk_figures(watching.registry, settings.data_dir)

        def waits(error: BaseException) -> None:
            watching.vitals.turn()
            watching.vitals.away("counting waits for the archive of events")
            log.error("counting waits for the archive", reason=str(error))

        while not stop.is_set():
            adopt(path)
            retry.until_stopped(
                partial(
                    _session,
                    settings,
                    definitions,
                    stop,
                    figures,
                    with_archive=with_archive,
                    make_source=make_source
                    or (lambda _, __: MessagesSource(settings.amqp_url, tracer=tracer)),
                ),
                ArchiveAwayError,
                stop,
                waits,
                first_seconds=1,
                most_seconds=10,
            )


def _session(
    settings: EventsSettings,
    definitions: Definitions,
    stop: threading.Event,
    figures: WorkerFigures,
    *,
    with_archive: bool,
    make_source: MakeSource,
) -> None:
    """Work on one state's file, until it is to be replaced or `stop` is set."""
    archive = (
        closing(ArchiveWriter(settings.archive_url(), settings.data_dir, definitions))
        if with_archive
        else nullcontext()
    )
    with State(settings.state_path()) as state, archive as written:
        new_erasures = NewErasures(state, settings.data_dir)
        erasures = KnownErasures(settings, definitions, state.erasures())
        attributions = (
            Attributions(state, definitions, time.time, has_sink=settings.mongo_url is not None)
            if definitions.attributions
            else None
        )
        counter = EventCounter(
            state,
            definitions,
            time.time,
            identity_days=settings.identity_days,
            all_columns=with_archive,
            erase=lambda decoded: decoded._replace(events=erasures.in_message(decoded)),
            attributing=attributions,
            begun=new_erasures.require_none if attributions else lambda: None,
        )
        with (
            _sink(settings, state, definitions, attributions) as sink,
            closing(make_source(definitions, erasures.is_changed)) as source,
        ):
            worker = EventsWorker(
                counter,
                time.time,
                EventsLog(settings.amqp_url),
                source,
                written,
                sink.wake if sink else lambda: None,
                receipts=_receipts(settings, counter) if definitions.receipts else None,
                attributions=attributions,
                figures=figures,
            )
            ended = threading.Event()

            def run(connection: BlockingConnection) -> None:
                # A connection that has messages open may break when it is closed: then this is
                # called again.
                if ended.is_set():
                    return
                prepare_events(settings.amqp_url, settings.log_partitions)
                try:
                    worker.run(connection, stop)
                except ErasedMeanwhileError:
                    log.info("a person was erased: what attributions hold is read again without")
                    ended.set()

            session = prepared(settings.amqp_url, settings.log_partitions, run)
            broker.keep_connected(settings.amqp_url, "events", session, stop, figures.vitals)


def _receipts(settings: EventsSettings, counter: EventCounter) -> ReceiptsSource:
    return ReceiptsSource(
        ReceiptsCounter(
            counter.counting,
            stores.load(settings),
            time.time,
            identity_days=settings.identity_days,
        ),
        Log(settings.amqp_url, topology.RECEIPTS_LOG),
        time.time,
    )


@contextmanager
def _sink(
    settings: EventsSettings,
    state: State,
    definitions: Definitions,
    attributions: Attributions | None,
) -> Iterator[MongoSink | None]:
    if settings.mongo_url is None:
        yield None
        return
    sink = MongoSink(
        state,
        settings.mongo_url,
        settings.mongo_database,
        dict(definitions.windows),
        None
        if attributions is None
        else conversions_writer(definitions, settings.mongo_database, attributions.stored.append),
    )
    sink.start()
    try:
        yield sink
    finally:
        sink.stop()
