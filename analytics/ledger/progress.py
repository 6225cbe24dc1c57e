"""How far the log was counted, in each of its partitions."""

from collections.abc import Mapping
from typing import NamedTuple

from tillstream.log.positions import partition_of


class Position(NamedTuple):
    """How far a partition of the log was counted: where to go on, digest of what is before it."""

    next_offset: int
    last_digest: bytes | None


class Progress(NamedTuple):
    """How far the log was counted."""

    #: The offset to go on from; None before the first message.
    next_offset: int | None = None
    #: Receipts that were not counted: seen before; with other content; not decodable; impossible
    #: to count.
    duplicates: int = 0
    conflicts: int = 0
    undecodable: int = 0
    set_aside: int = 0
    #: Digest of the message before `next_offset`; None where there was none.
    last_digest: bytes | None = None
    #: How often the log was found to be another one or shorter; above 0 it is not everything.
    log_epoch: int = 0
    #: As `next_offset` and `last_digest`, which are of the first partition, of each further one.
    further: tuple[Position, ...] = ()

    def positions(self) -> dict[int, Position]:
        """By the number of the partition; those of which nothing was counted are not among them."""
        found = {partition_of(one.next_offset): one for one in self.further}
        if self.next_offset is not None:
            found[0] = Position(self.next_offset, self.last_digest)
        return found

    def next_offsets(self) -> dict[int, int]:
        """Where to go on in each partition."""
        return {number: one.next_offset for number, one in self.positions().items()}

    def last_offsets(self) -> dict[int, int]:
        """The last of what was counted in each partition, or a hole behind it."""
        return {number: offset - 1 for number, offset in self.next_offsets().items()}

    def with_positions(self, positions: Mapping[int, Position]) -> "Progress":
        """The same with other positions."""
        next_offset, last_digest = positions.get(0, (None, None))
        further = tuple(one for number, one in sorted(positions.items()) if number)
        return self._replace(next_offset=next_offset, last_digest=last_digest, further=further)
