"""Messages of any declared stream, made by a seed: shuffled, late, some of them more than once."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from tillstream.log.reader import LogMessage
from tillstream.streams import columns, message
from tillstream.streams.changes import SIGN
from tillstream.streams.definition import Field, Stream
from tillstream.streams.message import EventMessage
from tillstream.streams.names import BODY

SECOND = 1_000_000
#: 2026-11-20 12:00:00 UTC.
BEGIN_US = 1_795_176_000 * SECOND


def events(stream: Stream, count: int, chance: random.Random, begin_us: int) -> pa.RecordBatch:
    """Events of some minutes from `begin_us` on, some of them hours late."""
    fields = {field.name: field for field in stream.fields}
    arrays = []
    for column in columns.schema(stream):
        if column.name == stream.time_column:
            late = [chance.choice((0, 0, 0, 0, 6 * 3600)) for _ in range(count)]
            values: list[Any] = [
                begin_us + (chance.randrange(180) - each) * SECOND for each in late
            ]
        else:
            values = [_value(column.name, fields[column.name], chance) for _ in range(count)]
        arrays.append(pa.array(values, column.type))
    return pa.RecordBatch.from_arrays(arrays, schema=columns.schema(stream))


def log_of(streams: Sequence[Stream], seed: int, *, rounds: int, count: int) -> list[LogMessage]:
    """`rounds` messages of each stream, shuffled; one in four comes again under its name. Offsets
    have holes.
    """
    chance = random.Random(seed)
    packed = [
        message.encode(
            EventMessage(
                stream.name,
                stream.version,
                BEGIN_US + number * 60 * SECOND,
                _named(
                    events(stream, count, chance, BEGIN_US + number * 60 * SECOND),
                    chance.randbytes(16),
                ),
            )
        )
        for number in range(rounds)
        for stream in streams
    ]
    packed += chance.sample(packed, len(packed) // 4)
    chance.shuffle(packed)
    return [LogMessage(3 * number, *one) for number, one in enumerate(packed)]


def _named(some: pa.RecordBatch, name: bytes) -> pa.RecordBatch:
    # Some have no name, as those of a file.
    names = [name if name[0] % 4 else None] * len(some)
    return some.append_column(BODY, pa.array(names, pa.binary()))


def _value(name: str, field: Field, chance: random.Random) -> Any:
    if not field.required and chance.random() < 0.1:
        return None
    if name == SIGN:
        return chance.choice((-1, 0, 1))
    match field.type:
        case "text":
            return chance.choice(("a", "B", "ä € 😀", "Straße", " x "))
        case "enum":
            return chance.choice(field.values)
        case "boolean":
            return chance.random() < 0.5
        case "timestamp":
            return BEGIN_US + chance.randrange(7_200) * SECOND
    least, most = max(field.minimum, -5_000), min(field.maximum, 10**7)
    return chance.randrange(least, most + 1)


def in_batches(log: Sequence[LogMessage], size: int) -> Iterator[Sequence[LogMessage]]:
    """The log in commits."""
    for begin in range(0, len(log), size):
        yield log[begin : begin + size]
