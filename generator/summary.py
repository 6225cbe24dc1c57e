"""What became of the receipts of a run: accepted, refused, lost, and the sums to the cent."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from generator.receipts import Issued
from tillstream.clock import BusinessDay
from tillstream.money import CURRENCY, decimal_text


@dataclass
class Summary:
    """The fold of a run's answers; amounts in cents, units in thousandths, of what was accepted.

    sent = accepted + refused + lost, once nothing is on its way any more. `planned` is how
    many receipts the run was to send, None when it had no such number.
    """

    calendar: BusinessDay
    planned: int | None = None
    sent: int = 0
    accepted: int = 0
    refused: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    retries: int = 0
    seconds: float = 0.0
    net: int = 0
    gross: int = 0
    categories: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    tenders: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    days: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    @property
    def lost(self) -> int:
        """Receipts sent that nobody said anything final about."""
        return self.sent - self.accepted - sum(self.refused.values())

    @property
    def unsent(self) -> int:
        """Planned receipts that were never sent, as the run was broken off."""
        return 0 if self.planned is None else self.planned - self.sent

    @property
    def exit_status(self) -> int:
        """0 when every receipt was sent and accepted, 1 otherwise."""
        return int(bool(self.lost or self.refused or self.unsent))

    def answered(self, issued: Issued, status: int) -> None:
        """Fold the door's last word on one receipt: an HTTP status, 2xx being accepted."""
        if not 200 <= status < 300:
            self.refused[status] += 1
            return
        self.accepted += 1
        self.net += issued.net
        self.gross += issued.gross
        for line in issued.lines:
            category = self.categories[line.product.category]
            category[0] += line.gross
            category[1] += line.quantity_milli
        for mechanism, amount in issued.tenders:
            self.tenders[mechanism] += amount
        day = self.days[self.calendar.of(issued.receipt.date).isoformat()]
        day[0] += 1
        day[1] += issued.gross

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` writes."""
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "refused": {str(status): count for status, count in sorted(self.refused.items())},
            "lost": self.lost,
            "unsent": self.unsent,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
            "receipts_per_second": round(self._rate(), 1),
            "currency": CURRENCY,
            "accepted_gross": decimal_text(self.gross),
            "accepted_gross_minor": self.gross,
            "accepted_net_minor": self.net,
            "accepted_tax_minor": self.gross - self.net,
            "by_category": {
                name: {"revenue_minor": revenue, "units_milli": units}
                for name, (revenue, units) in sorted(self.categories.items())
            },
            "by_tender": dict(sorted(self.tenders.items())),
            "by_day": {
                day: {"count": count, "gross_minor": gross}
                for day, (count, gross) in sorted(self.days.items())
            },
        }

    def as_text(self) -> str:
        """The lines that people read at the end of a run."""
        refused = ", ".join(f"{status}: {n:,}" for status, n in sorted(self.refused.items()))
        rows = [
            ("sent", f"{self.sent:,}", ""),
            ("accepted", f"{self.accepted:,}", ""),
            ("refused", f"{sum(self.refused.values()):,}", f"by status {refused}"),
            ("lost", f"{self.lost:,}", "no answer after all tries"),
            ("unsent", f"{self.unsent:,}", "the run was broken off"),
            ("retries", f"{self.retries:,}", "the same receipt again, after a 503 or no answer"),
            ("seconds", f"{self.seconds:,.2f}", ""),
            ("receipts/s", f"{self._rate():,.1f}", ""),
            ("gross", decimal_text(self.gross), f"{CURRENCY}, accepted"),
        ]
        always = {"sent", "accepted", "seconds", "receipts/s", "gross", "lost", "refused"}
        return "\n".join(
            f"{name:<10} {figure:>14}  {note if figure != '0' else ''}".rstrip()
            for name, figure, note in rows
            if name in always or figure != "0"
        )

    def _rate(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0
