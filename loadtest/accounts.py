"""The reconciliation of a run: accepted = stored = counted, to the cent."""

from typing import NamedTuple

from tillstream.money import decimal_text


class Figures(NamedTuple):
    """A number of receipts and their gross sum in cents."""

    receipts: int = 0
    gross: int = 0

    def minus(self, other: "Figures") -> "Figures":
        """What came on top of `other`."""
        return Figures(self.receipts - other.receipts, self.gross - other.gross)

    def plus(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(self.receipts + other.receipts, self.gross + other.gross)

    def __str__(self) -> str:
        return f"{self.receipts:,} receipts, {decimal_text(self.gross)} EUR"


class Books(NamedTuple):
    """What the system says of one business day at one time."""

    day: str
    #: By the `count` exchange.
    counted: Figures
    #: By MongoDB.
    stored: Figures

    def expected(self, accepted: Figures) -> "Books":
        """The books once everything that was accepted has arrived."""
        return Books(self.day, self.counted.plus(accepted), self.stored.plus(accepted))


class Reconciliation(NamedTuple):
    """The books before and after a run, and what the door accepted in it.

    `lost` are receipts without any answer: nobody knows whether they count.
    """

    before: Books
    after: Books
    accepted: Figures
    lost: int = 0

    @property
    def holds(self) -> bool:
        """Whether all three say the same, and nothing is unknown."""
        return not self.lost and self.after == self.before.expected(self.accepted)

    def as_text(self) -> str:
        """The lines that people read."""
        if self.before.day != self.after.day:
            return (
                f"NOT RECONCILED: the business day changed from {self.before.day} to "
                f"{self.after.day} in the run, and `count` tells of one day only; run it again"
            )
        counted = self.after.counted.minus(self.before.counted)
        stored = self.after.stored.minus(self.before.stored)
        verdict = "reconciled" if self.holds else "NOT RECONCILED (does anybody else send?)"
        unknown = f"\n  lost      {self.lost:,} receipts without any answer" if self.lost else ""
        return (
            f"{verdict}\n  accepted  {self.accepted}\n  counted   {counted}\n"
            f"  stored    {stored}{unknown}"
        )
