"""The archive as messages of the log: every receipt byte for byte, in groups as the door makes."""

import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from persistence.dead_letters.store import DeadLetters, Letter
from persistence.writer.dead_lettering import FIRST_QUEUE
from tillstream import topology
from tillstream.archive import Document, raw_bytes
from tillstream.codec import JSON, NDJSON, pack
from tillstream.log.reader import StoppedError
from tillstream.runtime.progress import progress

#: Most receipts and bytes of one message, as the door's.
MESSAGE_RECEIPTS = 500
MESSAGE_BYTES = 256 * 1024
#: Documents of one answer of MongoDB.
BATCH = 2_000


class Republished(NamedTuple):
    """How much of the archive is in the log again."""

    receipts: int
    conflicts: int
    letters: int
    messages: int


class Message(NamedTuple):
    """A message of the log, and how many receipts it holds."""

    body: bytes
    content_type: str | None
    content_encoding: str | None
    receipts: int


def republish(
    channel: BlockingChannel, database: Database[dict[str, Any]], stop: threading.Event
) -> Republished:
    """Publish the archive to the log's queue alone, each message confirmed.

    First the receipts in the order in which they were received, then the conflicts, so that each
    comes after the receipt it conflicts with, then the dead letters that wait. Raises StoppedError,
    pika's errors and PyMongoError: the log then holds a part, and the whole is to be done again.
    """
    channel.confirm_delivery()
    archive = database.with_options(read_concern=ReadConcern("majority"))
    about = archive["receipts"].estimated_document_count()
    counts = []
    messages = 0
    with progress("archive to log", "receipts", about) as shown:
        for source in (
            grouped(_raws(archive, "receipts")),
            grouped(_raws(archive, "conflicts")),
            _letters(database),
        ):
            count = 0
            for message in source:
                if stop.is_set():
                    raise StoppedError("stopped amid the log; run the command again")
                publish(channel, message)
                messages += 1
                count += message.receipts
                shown.advance(message.receipts)
            counts.append(count)
    receipts, conflicts, dead = counts
    return Republished(receipts, conflicts, dead, messages)


def grouped(raws: Iterable[bytes]) -> Iterator[Message]:
    """Receipts in messages of at most MESSAGE_RECEIPTS and MESSAGE_BYTES, one at least in each."""
    lines: list[bytes] = []
    size = 0
    for raw in raws:
        if lines and (len(lines) == MESSAGE_RECEIPTS or size + len(raw) + 1 > MESSAGE_BYTES):
            yield _message(lines)
            lines, size = [], 0
        lines.append(raw)
        size += len(raw) + 1
    if lines:
        yield _message(lines)


def _message(lines: list[bytes]) -> Message:
    # A line break outside of a text may be in a receipt that came in a message of its own.
    if len(lines) == 1:
        return Message(*_packed(lines[0], JSON), 1)
    return Message(*_packed(b"\n".join(lines), NDJSON), len(lines))


def _packed(body: bytes, content_type: str) -> tuple[bytes, str, str | None]:
    body, encoding = pack(body)
    return body, content_type, encoding


def _raws(archive: Database[dict[str, Any]], name: str) -> Iterator[bytes]:
    order = [("receivedAt", 1), ("_id", 1)]
    found: Iterable[Document] = (
        archive[name].find({}, {"raw": 1}, batch_size=BATCH).sort(order).allow_disk_use(True)
    )
    for document in found:
        yield raw_bytes(document)


def waiting_letters(database: Database[dict[str, Any]]) -> Iterator[Letter]:
    """Dead letters that came over the persistence queue, and so were in the log."""
    letters = DeadLetters(database)
    for letter_id in letters.waiting():
        letter = letters.letter(letters.find(letter_id))
        if letter.headers.get(FIRST_QUEUE) == topology.PERSISTENCE_QUEUE:
            yield letter


def _letters(database: Database[dict[str, Any]]) -> Iterator[Message]:
    for letter in waiting_letters(database):
        yield Message(letter.body, letter.content_type, letter.content_encoding, 1)


def publish(
    channel: BlockingChannel, message: Message, stream: str = topology.RECEIPTS_LOG
) -> None:
    """To a stream of the log alone; returns at the confirm, raises where there is none."""
    properties = pika.BasicProperties(
        content_type=message.content_type,
        content_encoding=message.content_encoding,
        delivery_mode=2,
    )
    channel.basic_publish("", stream, message.body, properties, mandatory=True)
