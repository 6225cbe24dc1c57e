"""`tillstream recount --streams`: the windows made anew from the archive and the log."""

import threading
import time

from msgspec.structs import replace

from events.archive.reading import EventsArchiveReader
from events.erasures import KnownErasures
from events.receipts.receipts_counter import ReceiptsCounter
from events.receipts.receipts_state import receipts_progress_of
from events.settings import EventsSettings
from events.windows.adoption import adopt, erasures_of, progress_of, removed_before
from events.windows.figures import Progress
from events.windows.log_start import LogShortenedError, find_start
from events.windows.rebuilding import Rebuilding
from tillstream import stores
from tillstream.errors import TillstreamError
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import in_stream, known_as
from tillstream.log.reader import LogTruncatedError
from tillstream.runtime.owned_file import owned, rebuilt_path
from tillstream.streams import definitions_file
from tillstream.streams.events_log import EventsLog

#: How long a running worker may take to adopt the result, seconds.
ADOPTION_SECONDS = 30.0
_POLL_SECONDS = 0.1


def recount(settings: EventsSettings, stop: threading.Event) -> str:
    """Rebuild the state beside the old one; a running worker adopts it. Returns a line for people.

    What the log still has is counted from it; what was before, from the archive. Raises
    LogTruncatedError, StoppedError, and pika's AMQPError.
    """
    path = settings.state_path()
    with owned(path.with_name("recount")) as ours:
        if not ours:
            raise TillstreamError("a recount of the windows or an erasure is running")
        return _recount(settings, stop)


def _count_receipts(
    settings: EventsSettings, rebuilding: Rebuilding, stop: threading.Event
) -> None:
    """Count the log of the receipts. Raises LogTruncatedError where it lacks what was counted."""
    log = receipts_log(settings.amqp_url)
    firsts, lasts = log.first_offsets(), log.last_offsets()
    before = receipts_progress_of(settings.state_path())
    begins = before.begin_offsets()
    if any(
        number not in firsts or firsts[number] > begins.get(number, known_as(number, 0))
        for number in before.next_offsets()
    ):
        raise LogTruncatedError(
            "the log of the receipts lacks its beginning, which the windows have counted: make it"
            " anew with `python -m persistence rebuild-log`, and begin again"
        )
    counter = ReceiptsCounter(
        rebuilding.counter.counting,
        stores.load(settings),
        time.time,
        identity_days=settings.identity_days,
    )
    if any(map(in_stream, firsts.values())):
        counter.begin_at(firsts)
    for messages in log.read(stop, lasts, firsts):
        counter.count(messages)


def _recount(settings: EventsSettings, stop: threading.Event) -> str:
    started = time.perf_counter()
    path = settings.state_path()
    definitions = definitions_file.load_settings(settings)
    log = EventsLog(settings.amqp_url)
    before = progress_of(path)
    log.begin_order(None if before.next_offset is None else before.next_offset - before.base)
    first, last = log.first_offset(), log.last_offset()
    removed = removed_before(path, definitions)
    erasures = KnownErasures(settings, definitions, erasures_of(path))
    rebuilding = Rebuilding(
        path,
        definitions,
        time.time,
        settings.identity_days,
        removed,
        lambda decoded: decoded._replace(events=erasures.in_message(decoded)),
        erasures.in_state,
    )
    try:
        archive = EventsArchiveReader(
            settings.archive_url(), definitions, erasures.pseudonyms, erasures.unfinished
        )
        base = _base(before, log, erasures.archived_to)
        begin = 2**63 - 1 if first is None else base + first
        archived = rebuilding.count_archive(archive, begin, stop)
        batches = log.read(stop, last, first or 0)
        digest = before.begin_digest if base == before.base else None
        rebuilding.count_log(base, digest, batches, stop)
        if definitions.receipts:
            _count_receipts(settings, rebuilding, stop)
        counted = {name: one.events for name, one in rebuilding.counter.streams.items()}
        rebuilding.finish()
    finally:
        rebuilding.close()
    with owned(path) as ours:
        if ours:
            adopt(path)
    deadline = time.monotonic() + ADOPTION_SECONDS
    while rebuilt_path(path).exists() and not stop.wait(_POLL_SECONDS):
        if time.monotonic() > deadline:
            raise TillstreamError(
                f"the events were counted, but the worker that owns {path} did not adopt the result"
                f" within {ADOPTION_SECONDS:g} s; it will at its next start"
            )
    told = ", ".join(f"{events} of {name}" for name, events in counted.items() if events)
    seconds = time.perf_counter() - started
    return f"counted {told or 'no events'} in {seconds:.2f} s; {archived} of them from the archive"


def _base(before: Progress, log: EventsLog, archived_to: int) -> int:
    """The position of the log's first offset: a log that is another one follows what was before."""
    found = replace(before)
    try:
        find_start(found, log)
    except (LogShortenedError, LogTruncatedError):
        return before.base
    last = log.last_offset()
    is_unknown = before.next_offset is None and (-1 if last is None else last) + 1 < archived_to
    return max(found.base, archived_to) if is_unknown or found.base > before.base else before.base
