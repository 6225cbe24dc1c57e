"""Parts of the log that Spark has decoded, as the ledger's writer takes them."""

from collections.abc import Iterable, Sequence
from typing import overload

from analytics.counting.bodiless import with_bodies
from analytics.counting.isolation import Batch
from analytics.workers.log_parts import LogPart, Messages
from spark.receipts.decoding import unpacked
from tillstream import topology
from tillstream.log.looking_up import messages_at
from tillstream.log.positions import in_stream, known_as, partition_of
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

#: Messages that are looked up at once: several that are wanted often stand together.
LOOKED_UP = 64


class LoggedMessages(Sequence[LogMessage]):
    """Messages of a partition that are looked up in the log once somebody wants one.

    Raises pika's errors, and LogTruncatedError.
    """

    def __init__(self, url: str, offsets: Sequence[int]) -> None:
        self._url = url
        self._offsets = offsets
        self._near: dict[int, LogMessage] = {}

    @overload
    def __getitem__(self, index: int) -> LogMessage: ...

    @overload
    def __getitem__(self, index: slice) -> "LoggedMessages": ...

    def __getitem__(self, index: int | slice) -> "LogMessage | LoggedMessages":
        """A message, from the log or from those that were looked up with the last one."""
        if isinstance(index, slice):
            return LoggedMessages(self._url, self._offsets[index])
        offset = self._offsets[index]
        if offset not in self._near:
            self._near = self._looked_up(self._offsets[index : index + LOOKED_UP])
        return self._near[offset]

    def _looked_up(self, wanted: Sequence[int]) -> dict[int, LogMessage]:
        partition = partition_of(wanted[0])
        stream = topology.partition_stream(partition)
        found = messages_at(self._url, [in_stream(offset) for offset in wanted], stream)
        known = [one._replace(offset=known_as(partition, one.offset)) for one in found]
        return {one.offset: one for one in known}

    def __len__(self) -> int:
        """Of so many messages."""
        return len(self._offsets)


class DecodedPart:
    """A row of `decoding.PARTS`."""

    def __init__(self, url: str, first: int, last: int, digest: bytes, decoded: bytes) -> None:
        self._url = url
        self.first = first
        #: The offset of the last message, and its digest.
        self.last = (last, digest)
        self._decoded = decoded

    def following(self, next_offset: int) -> LogPart | None:
        """What of it is not before an offset, if anything is."""
        if self.last[0] < next_offset:
            return None
        return (
            self if self.first >= next_offset else Messages(self.messages()).following(next_offset)
        )

    def batches(self, stores: StoreTable) -> Iterable[Batch]:  # noqa: ARG002
        """As the executors made them, with the same table of stores."""
        offsets, batches = unpacked(self._decoded)
        return with_bodies(batches, LoggedMessages(self._url, offsets))

    def messages(self) -> Sequence[LogMessage]:
        """The messages as they came, from the log."""
        offsets, _ = unpacked(self._decoded)
        return LoggedMessages(self._url, offsets)
