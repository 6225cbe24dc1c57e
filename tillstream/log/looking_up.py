"""Questions to a log that are asked once, each on a connection of its own: its ends, messages."""

import time
from collections.abc import Sequence

from tillstream import topology
from tillstream.log.reader import LogMessage, LogReader, LogTruncatedError, reading

#: How long the first message of a log that holds any may take to come, seconds.
FIRST_MESSAGE_SECONDS = 1.0

#: How long a message that the log holds may take to come, seconds: its disk may be busy.
LOOK_UP_SECONDS = 5.0

#: Silence that is taken for the end of the log, seconds.
TAIL_SILENCE_SECONDS = 0.05


def first_offset(url: str, log: str = topology.RECEIPTS_LOG) -> int | None:
    """The oldest offset that the log still holds; None when it holds none."""
    with reading(url, "first", prefetch=1, log=log) as reader:
        messages = _read_until_silent(reader, enough=1)
    return messages[0].offset if messages else None


def message_from(url: str, offset: int, log: str = topology.RECEIPTS_LOG) -> LogMessage | None:
    """The first message at or after an offset; None where none came in LOOK_UP_SECONDS."""
    deadline = time.monotonic() + LOOK_UP_SECONDS
    with reading(url, offset, log=log) as reader:
        while time.monotonic() < deadline:
            for message in reader.read(TAIL_SILENCE_SECONDS):
                # The broker may begin before.
                if message.offset >= offset:
                    return message
            reader.done()
    return None


def messages_at(
    url: str, offsets: Sequence[int], log: str = topology.RECEIPTS_LOG
) -> list[LogMessage]:
    """The messages at these offsets, which ascend and are read on one connection.

    Raises LogTruncatedError where one does not come in LOOK_UP_SECONDS after the one before.
    """
    found: list[LogMessage] = []
    deadline = time.monotonic() + LOOK_UP_SECONDS
    with reading(url, offsets[0], log=log) as reader:
        while time.monotonic() < deadline:
            for message in reader.read(TAIL_SILENCE_SECONDS):
                if message.offset == offsets[len(found)]:
                    found.append(message)
                    deadline = time.monotonic() + LOOK_UP_SECONDS
                    if len(found) == len(offsets):
                        return found
            reader.done()
    raise LogTruncatedError(f"{log} does not deliver offset {offsets[len(found)]} any more")


def last_offset(url: str, log: str = topology.RECEIPTS_LOG) -> int | None:
    """The offset of a message at the end of the log; None when it holds none.

    The log tells no such thing: its last chunk is read until a moment of silence, for a bounded
    time. What is written meanwhile may or may not be before it.
    """
    with reading(url, "last", log=log) as reader:
        messages = _read_until_silent(reader)
    return messages[-1].offset if messages else None


def _read_until_silent(reader: LogReader, enough: int | None = None) -> list[LogMessage]:
    started = heard = time.monotonic()
    messages: list[LogMessage] = []
    while enough is None or len(messages) < enough:
        now = time.monotonic()
        patience = FIRST_MESSAGE_SECONDS if not messages else TAIL_SILENCE_SECONDS
        if now - heard > patience or now - started > 2 * FIRST_MESSAGE_SECONDS:
            break
        if more := reader.read(TAIL_SILENCE_SECONDS / 2):
            heard = time.monotonic()
            messages += more
            reader.done()
    return messages
