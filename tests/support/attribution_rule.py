"""The rule that an attribution is held against.

Plain Python over lists of everything that came, with none of the engine's code.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.support.attributed import WINDOW, Message, values
from tillstream.streams.changes import MODELS
from tillstream.streams.definition import Model

WHOLE = 1_000_000


@dataclass
class _Order:
    event: dict[str, Any]
    is_late: bool
    touches: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_final: bool = False


class Rule:
    """What has to stand after each commit."""

    def __init__(self, model: Model = "first_touch") -> None:
        self._model = model
        self._visits: dict[tuple[str, int, str], dict[str, Any]] = {}
        self._tables: dict[str, dict[Any, dict[str, Any]]] = {"items": {}, "people": {}}
        self.orders: dict[str, _Order] = {}
        self.final_before: int | None = None
        self.late_touches = 0

    def take(self, messages: Iterable[Message], watermark_us: int | None) -> None:
        """What came with a commit."""
        before = self.final_before
        for stream, events in messages:
            for event in events:
                if stream == "visits":
                    self._visits.setdefault((event["who"], event["time"], event["visit"]), event)
                    self.late_touches += before is not None and event["time"] < before
                elif stream == "orders":
                    late = before is not None and event["paid_at"] < before
                    self.orders[event["order_id"]] = _Order(event, late)
                else:
                    key = {"items": "item", "people": "person"}[stream]
                    self._tables[stream][event[key]] = event
        if watermark_us is not None:
            self.final_before = max(before or 0, watermark_us)
        for order in self.orders.values():
            self._see(order, before)

    def _see(self, order: _Order, before: int | None) -> None:
        paid, who = order.event["paid_at"], order.event["who"]
        if not order.is_final:
            least = paid - WINDOW if before is None else max(paid - WINDOW, before - WINDOW)
            some = [key for key in self._visits if key[0] == who and least <= key[1] <= paid]
            order.touches = [self._visits[key] for key in sorted(some, key=lambda key: key[1:])]
            order.rows = {}
        for stream, key in (("items", order.event["item"]), ("people", who)):
            if stream not in order.rows and key in self._tables[stream]:
                order.rows[stream] = self._tables[stream][key]
        order.is_final = self.final_before is not None and paid < self.final_before

    def sold(self) -> Counter[tuple[tuple[str, Any], ...]]:
        """The rows of orders."""
        return Counter(values(self._row(order)) for order in self.orders.values())

    def credits(self) -> Counter[tuple[tuple[str, Any], ...]]:
        """The rows of credits."""
        found: Counter[tuple[tuple[str, Any], ...]] = Counter()
        for order in self.orders.values():
            each = {model: credit(model, order) for model in MODELS}
            ads = [touch["ad"] for touch in order.touches] or [None]
            for ad in set(ads):
                row = {
                    model: sum(part for part, of in zip(each[model], ads, strict=True) if of == ad)
                    for model in MODELS
                }
                same = {name: order.event[name] for name in ("order_id", "paid_at")}
                found[values({**same, "channel": ad, **row})] += 1
        return found

    def _row(self, order: _Order) -> dict[str, Any]:
        of_touch = credit(self._model, order)
        touch = order.touches[of_touch.index(WHOLE)] if order.touches else {}
        price = order.rows.get("items", {}).get("price")
        wanted = [("items", order.event["item"]), ("people", order.event["who"])]
        missing = [name for name, key in wanted if key is not None and name not in order.rows]
        return {
            "order_id": order.event["order_id"],
            "paid_at": order.event["paid_at"],
            "visit": touch.get("visit"),
            "ad": touch.get("ad"),
            "town": order.rows.get("people", {}).get("town"),
            "total": None if price is None else price * order.event["units"],
            "missing": ",".join(missing) or None,
            "touches": len(order.touches),
        }


def credit(model: str, order: _Order) -> list[int]:
    """The credits of an order's touches; of one without touches all."""
    times = [touch["time"] for touch in order.touches]
    ads = [touch["ad"] for touch in order.touches]
    return credit_of(model, order.event["paid_at"], times, ads) if times else [WHOLE]


def credit_of(model: str, paid: int, times: Sequence[int], ads: Sequence[str | None]) -> list[int]:
    """A share for each weight, what is left over to the largest remainders."""
    last = len(times) - 1
    not_direct = [place for place, ad in enumerate(ads) if ad != "none"]
    chosen = {
        "first_touch": 0,
        "last_touch": last,
        "last_non_direct": not_direct[-1] if not_direct else last,
    }
    if model in chosen:
        weights = [Fraction(place == chosen[model]) for place in range(last + 1)]
    elif model == "linear" or (model == "position_based" and last < 2):
        weights = [Fraction(1)] * (last + 1)
    elif model == "position_based":
        weights = [Fraction(2, 5), *[Fraction(1, 5) / (last - 1)] * (last - 1), Fraction(2, 5)]
    else:
        weights = [_half_life_weight(paid - time) for time in times]
    shares = [WHOLE * weight / sum(weights) for weight in weights]
    found = [int(share) for share in shares]
    order = sorted(range(last + 1), key=lambda place: (found[place] - shares[place], place))
    for place in order[: WHOLE - sum(found)]:
        found[place] += 1
    return found


def _half_life_weight(before_us: int) -> Fraction:
    """Half for each quarter of the window, half-lives cut to 24 bits, as docs/attribution.md."""
    lives = int(before_us / WINDOW * (4 << 24))
    coarse, fine = lives >> 12 & 4095, lives & 4095
    weight = round(2 ** (30 - coarse / 4096)) * round(2 ** (30 - fine / 2**24))
    return Fraction(weight >> 20 + (lives >> 24))


def figures_of(rule: Rule) -> dict[str, int | None]:
    """What the figures of an attribution have to be."""
    final = [order for order in rule.orders.values() if order.is_final]
    missing = [dict(values(rule._row(order)))["missing"] for order in final]
    return {
        "open": len(rule.orders) - len(final),
        "final": len(final),
        "attributed": sum(bool(order.touches) for order in final),
        "waiting": sum(each is not None for each in missing),
        "late_touches": rule.late_touches,
        "late_conversions": sum(order.is_late for order in final),
        "nulled": 0,
        "final_before_us": rule.final_before,
    }
