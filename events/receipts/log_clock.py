"""How far the log of the receipts has come, by the newest of them. Pure."""

from collections import deque
from collections.abc import Set as AbstractSet

from events.receipts.receipt_tables import ReceiptTables
from tillstream.log.log_days import majority_day
from tillstream.outlines import Integers

#: So many of the newest receipts say by their majority which day the log has come to.
RECENT = 999


class LogClock:
    """What is known of it since this process began."""

    def __init__(self) -> None:
        #: Partitions of which more is known to come: others do not make it late.
        self.behind: AbstractSet[int] = frozenset()
        #: Of each partition, when the newest receipt that was read came to the door, microseconds.
        self._clocks: dict[int, int] = {}
        self._recent_days: deque[int] = deque(maxlen=RECENT)

    def after(self, tables: ReceiptTables, received_us: int) -> int:
        """Microseconds: that of the partition that is behind the others, if one is.

        `received_us`: when the newest of `tables` came, where that is not ahead of the present.
        """
        if not self.behind:
            return received_us
        received, partitions = tables.received, tables.partitions()
        for number in set(partitions.tolist()):
            newest = min(int(received[partitions == number].max()), received_us)
            self._clocks[number] = max(newest, self._clocks.get(number, 0))
        return min(self._clocks.get(number, 0) for number in self.behind)

    def hear_days(self, days: Integers) -> None:
        """The days on which the door got the receipts of a batch, in the order of the log."""
        self._recent_days.extend(days[-RECENT:].tolist())

    def day(self) -> int | None:
        """The day that the log has come to; None before any receipt."""
        return majority_day(self._recent_days)
