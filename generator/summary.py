"""What became of the receipts of a run: accepted, refused, lost, and the sums to the cent."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from generator.faults import DUPLICATE, GARBAGE
from generator.issued_receipt import IssuedReceipt, Sale
from tillstream.clock import BusinessDay
from tillstream.currencies import CURRENCY, EXPONENTS
from tillstream.money import decimal_text

#: Different sales that are counted before they are summed up: it bounds the memory.
SALES_COUNTED = 50_000
SENT, ACCEPTED, REFUSED = 0, 1, 2


@dataclass
class Summary:
    """The fold of a run's answers; amounts in cents, units in thousandths.

    sent = accepted + refused + lost, once nothing is on its way any more. Figures are of the
    receipts that have to be counted: accepted, each identity once, garbage never. `planned`
    is how many receipts the run was to send, None when it had no such number; `judged` is
    whether the receiver reads receipts, as the door does and a file does not.
    """

    calendar: BusinessDay
    planned: int | None = None
    judged: bool = True
    #: Whether everything that was to be sent was sent.
    whole: bool = True
    sent: int = 0
    accepted: int = 0
    refused: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    #: Bytes of a replayed file that are no receipt, and were not sent.
    unreadable: int = 0
    retries: int = 0
    seconds: float = 0.0
    counted: int = 0
    net: int = 0
    gross: int = 0
    categories: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    tenders: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    #: Receipts and gross in minor units, of those in another currency than euros.
    others: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    days: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    #: Sent, accepted and refused of each fault.
    faults: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    _sales: Counter[Sale] = field(default_factory=Counter)
    _repeated: set[Sale] = field(default_factory=set)

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
        """0 when all was sent, every receipt was accepted and all garbage was refused."""
        refused = sum(self.refused.values())
        garbage = self.faults.get(GARBAGE, [0, 0, 0])
        wrong = garbage[ACCEPTED] if self.judged else 0
        unwanted = refused - garbage[REFUSED]
        bad = (self.lost, self.unsent, self.unreadable, unwanted, wrong, not self.whole)
        return int(any(bad))

    def send(self, parcel: Sequence[IssuedReceipt]) -> None:
        """Note that these are on their way."""
        self.sent += len(parcel)
        for fault in [issued.fault for issued in parcel if issued.fault]:
            self.faults[fault][SENT] += 1

    def answered(
        self, parcel: Sequence[IssuedReceipt], status: int, refused: Mapping[int, int] | None = None
    ) -> None:
        """Fold the last word on a parcel: an HTTP status, 2xx being accepted.

        `refused` are the positions in the parcel, from 0, that have another status.
        """
        if refused or not 200 <= status < 300 or any(map(attrgetter("fault"), parcel)):
            parcel = self._judged(parcel, status, refused or {})
        # What is left is accepted and counts: most parcels come here as they are.
        else:
            self.accepted += len(parcel)
        self._count(parcel)

    def _judged(
        self, parcel: Sequence[IssuedReceipt], status: int, refused: Mapping[int, int]
    ) -> Sequence[IssuedReceipt]:
        """Fold the fate of each receipt; those that have to be counted."""
        counted: list[IssuedReceipt] = []
        for place, issued in enumerate(parcel):
            final = refused.get(place, status)
            good = 200 <= final < 300
            if issued.fault:
                self.faults[issued.fault][ACCEPTED if good else REFUSED] += 1
            if not good:
                self.refused[final] += 1
                continue
            self.accepted += 1
            if self._is_new(issued):
                counted.append(issued)
        return counted

    def _is_new(self, issued: IssuedReceipt) -> bool:
        if issued.fault == GARBAGE:
            return False
        if issued.fault != DUPLICATE:
            return True
        # A duplicate is sent twice and shares its sale with itself alone.
        before = len(self._repeated)
        self._repeated.add(issued.sale)
        return len(self._repeated) > before

    def _count(self, fresh: Sequence[IssuedReceipt]) -> None:
        self.counted += len(fresh)
        # Sums are of one currency.
        if others := [issued.sale for issued in fresh if issued.sale.currency != CURRENCY]:
            for sale in others:
                other = self.others[sale.currency]
                other[0] += 1
                other[1] += sale.gross
            fresh = [issued for issued in fresh if issued.sale.currency == CURRENCY]
        self._sales.update([issued.sale for issued in fresh])
        if len(self._sales) > SALES_COUNTED:
            self._sum_up()
        self.gross += sum([issued.sale.gross for issued in fresh])
        # Receipts that are sent together mostly have the same second.
        for date, those in groupby(fresh, attrgetter("date")):
            grosses = [issued.sale.gross for issued in those]
            day = self.days[self.calendar.of(date).isoformat()]
            day[0] += len(grosses)
            day[1] += sum(grosses)

    def _sum_up(self) -> None:
        """Add what was counted sale by sale to the sums."""
        for sale, times in self._sales.items():
            self.net += times * sale.net
            for line in sale.lines:
                category = self.categories[line.category]
                category[0] += times * line.gross
                category[1] += times * line.quantity_milli
            for mechanism, amount in sale.tenders:
                self.tenders[mechanism] += times * amount
        self._sales.clear()

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` writes."""
        self._sum_up()
        return {
            "sent": self.sent,
            "accepted": self.accepted,
            "refused": {str(status): count for status, count in sorted(self.refused.items())},
            "lost": self.lost,
            "unsent": self.unsent,
            "unreadable": self.unreadable,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
            "receipts_per_second": round(self._rate(), 1),
            "faults": {
                fault: {"sent": sent, "accepted": accepted, "refused": refused}
                for fault, (sent, accepted, refused) in sorted(self.faults.items())
            },
            "counted": self.counted,
            "currency": CURRENCY,
            "accepted_gross": decimal_text(self.gross),
            "accepted_gross_minor": self.gross,
            "accepted_net_minor": self.net,
            "accepted_tax_minor": self.gross - self.net,
            "other_currencies": {
                code: {"count": count, "gross_minor": gross}
                for code, (count, gross) in sorted(self.others.items())
            },
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
            ("counted", f"{self.counted:,}", "each once, without garbage"),
            ("unreadable", f"{self.unreadable:,}", "of the file, not sent"),
            ("unsent", f"{self.unsent:,}", "the run was broken off"),
            ("retries", f"{self.retries:,}", "the same receipt again, after a 503 or no answer"),
            ("seconds", f"{self.seconds:,.2f}", ""),
            ("receipts/s", f"{self._rate():,.1f}", ""),
            ("gross", decimal_text(self.gross), f"{CURRENCY}, to be counted"),
            *(
                (f"gross {code}", decimal_text(gross, EXPONENTS[code]), f"of {count:,}")
                for code, (count, gross) in sorted(self.others.items())
            ),
            *((fault, f"{of[SENT]:,}", self._fate(fault)) for fault, of in self._faults()),
        ]
        always = {"sent", "accepted", "seconds", "receipts/s", "gross", "lost", "refused"}
        if self.counted != self.accepted:
            always |= {"counted"}
        return "\n".join(
            f"{name:<12} {figure:>12}  {note if figure != '0' else ''}".rstrip()
            for name, figure, note in rows
            if name in always or (figure != "0" and name != "counted")
        )

    def _rate(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    def _faults(self) -> list[tuple[str, list[int]]]:
        return sorted(self.faults.items())

    def _fate(self, fault: str) -> str:
        _, accepted, refused = self.faults[fault]
        return f"{accepted:,} accepted, {refused:,} refused"
