"""Marks where the number of partitions of the receipts log was changed.

With another number an identity may belong to another partition. So that everybody who counts the
log counts the first of an identity first, what stands before a mark in any partition is read before
what stands after it in another one (docs/decisions/0031-log-in-partitions.md).
"""

import time
from collections.abc import Sequence

import msgspec
import pika

from tillstream import topology
from tillstream.log.continuity import Log
from tillstream.log.positions import Offsets
from tillstream.log.reader import reading
from tillstream.runtime import broker

#: How long the first mark of a stream that has some may take to come, and silence after which
#: there are no more, seconds.
FIRST_SECONDS, SILENT_SECONDS = 5.0, 0.3

_PROPERTIES = pika.BasicProperties(content_type="application/json", delivery_mode=2)


class Mark(msgspec.Struct, frozen=True):
    """A change of the number of partitions."""

    #: How many are fed from here on.
    partitions: int
    #: Of each partition that had messages, the offset to go on from.
    ends: dict[int, int]


_decoder = msgspec.json.Decoder(Mark)


def read(url: str) -> list[Mark]:
    """All of them, in their order; raises pika's errors."""
    found: list[Mark] = []
    with reading(url, "first", log=topology.RECEIPTS_MARKS) as reader:
        deadline = time.monotonic() + FIRST_SECONDS
        while time.monotonic() < deadline:
            if messages := reader.read(SILENT_SECONDS / 3):
                found += [_decoder.decode(message.body) for message in messages]
                reader.done()
                deadline = time.monotonic() + SILENT_SECONDS
    return found


def add(url: str, partitions: int, parts: int) -> None:
    """Mark the present end of each of the `parts` that there are: so many are fed from here on."""
    ends = {}
    for number in range(parts):
        last = Log(url, topology.partition_stream(number), number).last_offset()
        if last is not None:
            ends[number] = last + 1
    with broker.connect(url, "marks") as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        body = msgspec.json.encode(Mark(partitions, ends))
        channel.basic_publish("", topology.RECEIPTS_MARKS, body, _PROPERTIES, mandatory=True)


def spans(starts: Offsets, ends: Offsets, marks: Sequence[Mark]) -> list[tuple[int, int, int]]:
    """What to read from `starts` to before `ends`, in its order: partition, begin and end.

    By the marks in their order, and between two of them one partition after the other.
    """
    found: list[tuple[int, int, int]] = []
    at = {number: starts.get(number, 0) for number in sorted(ends)}
    for bound in [*(mark.ends for mark in marks), ends]:
        for number, begin in at.items():
            end = min(bound.get(number, 0), ends[number])
            if begin < end:
                found.append((number, begin, end))
                at[number] = end
    return found
