"""Where the events worker begins: after what it has counted, or it says why that cannot be."""

from typing import Protocol

import structlog

from events.windows.figures import Progress
from tillstream.errors import TillstreamError
from tillstream.log.continuity import LogEnds, LogReplacedError, require_continuing
from tillstream.log.reader import LogMessage, message_digest

log = structlog.get_logger()

MEND = "run `tillstream recount --streams`, which counts what the archive and the log have"


class EventsEnds(LogEnds, Protocol):
    """What can be looked up of the log of events."""

    def first_messages(self) -> list[LogMessage]:
        """The first message of each partition that has any."""

    def require_whole(self) -> None:
        """Raise LogReplacedError where a partition of several has lost what was counted."""


class LogShortenedError(TillstreamError):
    """The log lacks what was counted, and may hold again what was: nothing of it is counted."""


def find_start(
    progress: Progress, looked_up: EventsEnds, attribution_from: int | None = None
) -> int:
    """The position to read from; `progress` may get another base.

    `attribution_from` is the position from which attributions need the log.

    A log that is wholly another one, as after the loss of the broker, is counted from its first
    message: its positions follow those that were counted. Raises LogShortenedError for a log that
    has lost its end, and LogTruncatedError for one that has dropped what was not counted yet.
    """
    base = progress.base
    if progress.next_offset is None:
        first = looked_up.first_offset()
        if first:
            log.error(
                "the log's beginning is gone: what it held is not counted",
                first_offset=first,
            )
        return base
    try:
        require_continuing(
            progress.next_offset - base,
            progress.last_digest,
            looked_up,
            "the state of the windows",
            MEND,
        )
    except LogReplacedError as error:
        if not _is_another(progress, looked_up):
            raise LogShortenedError(f"{error}; {MEND}") from error
        log.error(
            "the log was replaced: it is counted from its first message; what the old one held and"
            " was not counted is gone",
            reason=str(error),
        )
        progress.base = progress.next_offset
        progress.last_digest = progress.begin_digest = None
        return progress.next_offset
    start = progress.next_offset
    needed = {
        "the log has dropped events that the archive does not have yet": progress.archive_from,
        "the log has dropped touches of conversions that are open; `python -m events"
        " recount-attribution` finds them in the archive": attribution_from,
    }
    earlier = {why: one for why, one in needed.items() if one is not None and one < start}
    if not earlier:
        return start
    first = (looked_up.first_offset() or 0) + base
    for why, one in earlier.items():
        if first > one:
            log.error(why, needed_from=one, first_offset=first)
    return max(min(earlier.values()), min(first, start))


def _is_another(progress: Progress, looked_up: EventsEnds) -> bool:
    """Whether the log holds nothing of what was counted: it is empty, or begins otherwise."""
    begins = looked_up.first_messages()
    if not begins:
        return looked_up.first_offset() is None
    # Of one that has dropped its beginning nobody can tell.
    is_whole = not any(begin.offset for begin in begins)
    is_known = progress.begin_digest in (None, *map(message_digest, begins))
    return is_whole and not is_known
