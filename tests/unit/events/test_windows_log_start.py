"""Where counting goes on in a log, and which logs it does not go on in."""

import pytest

from events.windows.figures import Progress
from events.windows.log_start import LogShortenedError, find_start
from tests.support.logs import KnownLog
from tillstream.log.reader import LogMessage, LogTruncatedError, message_digest


def message(offset: int, log: str = "one") -> LogMessage:
    return LogMessage(offset, f"{log} {offset}".encode(), None)


def counted(next_offset: int, *, base: int = 0, archive_from: int | None = None) -> Progress:
    """All before `next_offset` was counted, of the log that began at `base`."""
    return Progress(
        next_offset=next_offset,
        last_digest=message_digest(message(next_offset - base - 1)),
        begin_digest=message_digest(message(0)),
        base=base,
        archive_from=archive_from,
    )


ONE = KnownLog(*(message(offset) for offset in range(6)))


@pytest.mark.parametrize(
    ("progress", "start"),
    [
        (Progress(), 0),
        (counted(4), 4),
        (counted(4, archive_from=2), 2),
        (counted(104, base=100), 104),
        (counted(104, base=100, archive_from=101), 101),
        # What the archive lacks of a log that is no more cannot be read.
        (counted(104, base=100, archive_from=90), 100),
    ],
)
def test_reading_goes_on_where_windows_or_archive_need_it(progress: Progress, start: int) -> None:
    assert start == find_start(progress, ONE)


@pytest.mark.parametrize("messages", [(), tuple(message(offset, "two") for offset in range(6))])
def test_a_replaced_log_is_counted_from_its_first_message(messages: tuple[LogMessage]) -> None:
    progress = counted(4)
    start = find_start(progress, KnownLog(*messages))

    assert (4, 4, None, None) == (
        start,
        progress.base,
        progress.last_digest,
        progress.begin_digest,
    )


@pytest.mark.parametrize(
    "log",
    [
        # It lacks its end, and may hold again what was counted.
        KnownLog(*(message(offset) for offset in range(3))),
        KnownLog(*(message(offset, "two" if offset == 3 else "one") for offset in range(6))),
    ],
)
def test_a_log_that_lacks_what_was_counted_is_not_read(log: KnownLog) -> None:
    with pytest.raises(LogShortenedError, match="tillstream recount --streams"):
        find_start(counted(4), log)


def test_a_log_truncated_beyond_the_position_is_not_read() -> None:
    with pytest.raises(LogTruncatedError, match=r"begins at offset 5 .*tillstream recount --str"):
        find_start(counted(4), KnownLog(message(5)))
