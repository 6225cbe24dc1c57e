"""Positions in a log of several partitions. Pure.

The offset by which a message is known everywhere has its partition in it, so that no two messages
of a log have the same: that of its stream, and SPAN for each partition before. In the first
partition both are the same number.
"""

from collections.abc import Iterable, Mapping

#: More messages than a stream ever has; 511 partitions stay below 2^53, which JSON can say.
SPAN = 2**44

#: An offset of each partition, by its number.
Offsets = Mapping[int, int]


def partition_of(offset: int) -> int:
    """The partition of the message at an offset; what has none, below 0, is as of the first."""
    return max(0, offset // SPAN)


def in_stream(offset: int) -> int:
    """The offset within the stream of its partition."""
    return offset % SPAN


def known_as(partition: int, offset: int) -> int:
    """What the message at an offset of a partition's stream is known as."""
    return partition * SPAN + offset


def reached(positions: Offsets, wanted: Offsets) -> bool:
    """Whether positions, the offsets to go on from, are at those wanted or beyond."""
    return all(positions.get(number, 0) >= offset for number, offset in wanted.items())


def newest(offsets: Offsets, more: Iterable[int]) -> dict[int, int]:
    """By partition the greatest of both."""
    found = dict(offsets)
    for offset in more:
        partition = partition_of(offset)
        found[partition] = max(offset, found.get(partition, 0))
    return found


def position_sum(positions: Offsets) -> int | None:
    """Of offsets to go on from one number that grows with each; None of none."""
    return sum(map(in_stream, positions.values())) if positions else None


def last_sum(lasts: Offsets) -> int | None:
    """As `position_sum`, of the last messages: below it where all of them were counted."""
    return sum(in_stream(offset) + 1 for offset in lasts.values()) - 1 if lasts else None


def told(positions: Offsets) -> str:
    """For people: of each partition in turn, as its stream has it."""
    return ", ".join(str(in_stream(offset)) for _, offset in sorted(positions.items())) or "0"
