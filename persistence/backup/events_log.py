"""The log of events in a backup, without what its worker makes anew."""

import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from persistence.backup import log
from persistence.backup.folder import Log
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.streams.events_log import EventsLog
from tillstream.streams.message import decode


def dump(
    url: str,
    folder: Path,
    made: Collection[str],
    ends: int | None,
    counted_to: int,
    stop: threading.Event,
) -> Log:
    """The log as it is now; of the streams that are `made` from others, up to the offset `ends`.

    That is where the copy of the state stands: what its worker has made since, a worker that goes
    on from the copy makes again. It has counted what is before `counted_to`.
    """
    events = EventsLog(url)
    batches = events.read_all(stop, counted_to, events.first_offset() or 0)
    after = -1 if ends is None else ends
    return log.written(folder, "events-log/messages", _without(batches, made, after))


def _without(
    batches: Iterator[list[LogMessage]], made: Collection[str], after: int
) -> Iterator[list[LogMessage]]:
    for messages in batches:
        yield [one for one in messages if one.offset <= after or _stream(one) not in made]


def _stream(message: LogMessage) -> str | None:
    try:
        return decode(
            message.body, message.content_type, message.content_encoding, lambda _: ()
        ).stream
    except UndecodableMessageError:
        return None
