"""A log in a backup: every message, in its order; restored, it must be the same log.

That of several partitions becomes the first one.

A restored log is not confirmed but read back, message by message. So it does not matter where an
earlier attempt ended: what is there has to be the beginning of the backup, and the rest follows.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import bson
import pika
from msgspec.structs import replace

from persistence.backup.folder import BackupError, File, Log
from persistence.backup.parts import PartWriter, read_parts
from tillstream import topology
from tillstream.log.looking_up import last_offset
from tillstream.log.partitioned_log import PartitionedLog, receipts_log
from tillstream.log.positions import in_stream
from tillstream.log.reader import LogMessage, LogReader, StoppedError, reading
from tillstream.log.whole_log import SILENT_SECONDS, LogSilentError, read_log
from tillstream.runtime import broker
from tillstream.streams.events_log import EventsLog

#: Messages that are published before they are read back; at 256 KiB each, at most 50 MB.
WINDOW = 200


class RestoredLog(NamedTuple):
    """What became of the log's messages."""

    #: Published now, and there already.
    published: int
    there: int


class Ends(NamedTuple):
    """The log as it was at a moment: its first and last offsets by partition."""

    log: PartitionedLog
    firsts: dict[int, int]
    lasts: dict[int, int]


def ends(url: str) -> Ends:
    """The log as it is now."""
    log = receipts_log(url)
    return Ends(log, log.first_offsets(), log.last_offsets())


def dump(ends: Ends, folder: Path, stop: threading.Event) -> Log:
    """The log up to its ends, from the first message that it still held; raises StoppedError."""
    log, firsts, lasts = ends
    found = written(folder, "log/messages", log.read_shown(stop, lasts, firsts))
    if len(firsts) > 1:
        return replace(found, first_offset=max(map(in_stream, firsts.values())))
    return found


def written(folder: Path, name: str, batches: Iterable[list[LogMessage]]) -> Log:
    """Messages of a log, kept as `name`."""
    begins: int | None = None
    ends: int | None = None
    with PartWriter(folder, name) as writer:
        for messages in batches:
            for message in messages:
                ends = message.offset
                begins = ends if begins is None else begins
                writer.add(bson.encode(message._asdict()))
    return Log(writer.parts, begins, ends)


def messages_of(folder: Path, parts: list[File]) -> Iterator[LogMessage]:
    """The messages of a backup, in their order."""
    for document in read_parts(folder, parts):
        yield LogMessage(**bson.decode(document.raw))


def require_empty(url: str, log: str = topology.RECEIPTS_LOG) -> None:
    """Raise BackupError when the log holds anything."""
    if log == topology.RECEIPTS_LOG:
        found = min(receipts_log(url).first_offsets().values(), default=None)
    else:
        found = EventsLog(url).first_offset()
    if found is not None:
        held = "receipts" if log == topology.RECEIPTS_LOG else "events"
        raise BackupError(
            f"the log holds {held} from offset {found} on; restore to a broker without any, or"
            " with --archive-only when its log is the one to go on with"
        )


def restore(
    url: str,
    messages: Iterator[LogMessage],
    stop: threading.Event,
    log: str = topology.RECEIPTS_LOG,
) -> RestoredLog:
    """Make the log hold these messages first, and in this order.

    Raises BackupError, before it publishes anything, when the log holds another message.
    """
    last = last_offset(url, log)
    there = 0
    # 1. What is there must be the backup's beginning.
    for batch in read_log(url, stop, last, log=log):
        for found in batch:
            wanted = next(messages, None)
            if wanted is None:
                break  # what came after the backup
            if _same(wanted, found):
                there += 1
            else:
                raise BackupError(
                    f"the log holds other messages than the backup from its offset {found.offset}"
                    " on; restore to a broker with an empty log"
                )
    # 2. The rest, and each of it read back.
    published = 0
    with broker.connect(url, "restore") as connection:
        channel = connection.channel()
        with reading(url, "first" if last is None else last + 1, WINDOW, log=log) as reader:
            while window := list(islice(messages, WINDOW)):
                if stop.is_set():
                    raise StoppedError("stopped; the next restore of this backup goes on here")
                for message in window:
                    channel.basic_publish("", log, message.body, _kind(message))
                connection.process_data_events(0)
                _read_back(reader, window, -1 if last is None else last)
                published += len(window)
    return RestoredLog(published, there)


def _read_back(reader: LogReader, window: list[LogMessage], after: int) -> None:
    wanted = iter(window)
    left = len(window)
    heard = time.monotonic()
    while left:
        found = [message for message in reader.read(0.1) if message.offset > after]
        reader.done()
        if found:
            heard = time.monotonic()
        elif time.monotonic() - heard > SILENT_SECONDS:
            raise LogSilentError(f"the log did not give back {left} of the restored messages")
        for message in found:
            if left == 0 or not _same(next(wanted), message):
                raise BackupError(
                    f"somebody else writes to the log: offset {message.offset} is not of the backup"
                )
            left -= 1


def _same(one: LogMessage, other: LogMessage) -> bool:
    return one[1:] == other[1:]


def _kind(message: LogMessage) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        delivery_mode=2,
    )
