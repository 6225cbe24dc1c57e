"""What an accepted receipt means, worked out anew and slowly: what every output is held against.

Nothing of the product is used but the key of a receipt, so that a fault of the product's own
arithmetic or calendar shows.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from loadtest.fuzz.stores import Store

#: Sums by (business day, breakdown, key): receipts, units in thousandths, gross and net in minor
#: units. A day in another currency than euros is `2026-11-21 JPY`.
Sums = dict[tuple[str, str, str], tuple[int, int, int, int]]

#: ISO 4217: currencies without a minor unit, and those of thousandths; the others have hundredths.
WHOLE = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"),
    *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
)
THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")

#: Breakdowns by what a receipt says itself, without a store's clock.
CLOCKLESS = ("day", "store", "category", "product", "vat", "tender")

_FRACTION = re.compile(r"(\.\d{1,6})\d*")


class Line(NamedTuple):
    """A line as every output has it: thousandths, minor units, hundredths of a percent."""

    category: str
    product: str
    units: int
    gross: int
    net: int
    rate: int


class Facts(NamedTuple):
    """A receipt as every output has it."""

    day: str
    store: str
    till: str
    number: str
    customer: str | None
    gross: int
    net: int
    tax: int
    lines: tuple[Line, ...]
    #: Mechanism and minor units.
    tenders: tuple[tuple[str, int], ...]
    currency: str

    @property
    def currency_day(self) -> str:
        """What its figures are summed by."""
        return currency_day(self.day, self.currency)


def scaled(value: float, scale: int) -> int:
    """A number of a till times `scale`, rounded half-even on its decimal text."""
    return int((Decimal(repr(value)) * scale).to_integral_value(ROUND_HALF_EVEN))


def currency_day(day: str, currency: str) -> str:
    """What figures of a day are keyed by: euros by the day alone."""
    return day if currency == "EUR" else f"{day} {currency}"


def currency_of(receipt: Mapping[str, Any]) -> str:
    """Of a receipt that names none, or null, it is the euro."""
    return receipt.get("currency") or "EUR"


def minor_units(currency: str) -> int:
    """How many of them are one unit of a currency."""
    return 1 if currency in WHOLE else 1000 if currency in THOUSANDTHS else 100


def rate_text(basis_points: int) -> str:
    """A VAT rate in percent: 105 is "1.05", 550 is "5.5", 0 is "0"."""
    text = f"{Decimal(basis_points) / 100:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def wall(text: str, store: Store) -> datetime:
    """When a receipt was given, on its store's clock. A time that clocks pass over is moved on."""
    short = _FRACTION.sub(r"\1", text)
    if re.search(r"[+-]\d{4}$", short):
        short = short[:-2] + ":" + short[-2:]
    moment = datetime.fromisoformat(short)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=store.info)
    return moment.astimezone(UTC).astimezone(store.info)


def day_and_hour(text: str, store: Store) -> tuple[str, str]:
    """The business day and the hour of the wall clock of a receipt's date."""
    local = wall(text, store)
    day = (local.replace(tzinfo=None) - timedelta(hours=store.cutoff_hour)).date()
    return day.isoformat(), f"{local.hour:02d}"


def facts(receipt: Mapping[str, Any], store: Store) -> Facts:
    """What each output must have of a receipt."""
    total, currency = receipt["documentTotal"], currency_of(receipt)
    scale = minor_units(currency)
    return Facts(
        day_and_hour(receipt["date"], store)[0],
        str(receipt["storeID"]),
        str(receipt["terminalID"]),
        str(receipt["cashReceiptID"]),
        None if receipt["customerID"] is None else str(receipt["customerID"]),
        scaled(total["grossTotal"], scale),
        scaled(total["netTotal"], scale),
        scaled(total["taxPayable"], scale),
        tuple(
            Line(
                line["productCategoryName"],
                str(line["productCode"]),
                scaled(line["quantity"], 1000),
                scaled(line["settlementAmount"], scale),
                scaled(line["creditAmount"], scale),
                scaled(line["taxPercentage"], 100),
            )
            for line in receipt["lines"]
        ),
        tuple(
            (tender["paymentMechanism"], scaled(tender["settlementAmount"], scale))
            for tender in receipt["settlements"]
        ),
        currency,
    )


class Adding:
    """Sums of receipts in every breakdown, one receipt at a time."""

    def __init__(self) -> None:
        self._sums: defaultdict[tuple[str, str, str], tuple[int, int, int, int]] = defaultdict(
            lambda: (0, 0, 0, 0)
        )

    def add(
        self,
        receipt: Facts,
        hour: str | None = None,
        kind: str | None = None,
        late: bool = False,
        marks: Iterable[str] = (),
    ) -> None:
        """One more. Outputs that have no hour, kind, lateness or marks are not asked for them."""
        units = sum(line.units for line in receipt.lines)
        whole = [("day", ""), ("store", receipt.store), *(("mark", mark) for mark in marks)]
        whole += [("late", "")] if late else []
        whole += [(name, key) for name, key in (("hour", hour), ("kind", kind)) if key is not None]
        rows = [(*place, units, receipt.gross, receipt.net) for place in whole]
        for line in receipt.lines:
            amounts = (line.units, line.gross, line.net)
            keys = (("category", line.category), ("product", line.product))
            rows += [(*key, *amounts) for key in (*keys, ("vat", rate_text(line.rate)))]
        rows += [("tender", name, 0, cents, 0) for name, cents in receipt.tenders]
        touched = set()
        for breakdown, key, units, gross, net in rows:
            place = (receipt.currency_day, breakdown, key)
            receipts_before, units_before, gross_before, net_before = self._sums[place]
            self._sums[place] = (
                receipts_before + (place not in touched),
                units_before + units,
                gross_before + gross,
                net_before + net,
            )
            touched.add(place)

    def sums(self) -> Sums:
        """All of them."""
        return dict(self._sums)


def kind_of(receipt: Mapping[str, Any]) -> str:
    """`voids`, `returns` or `sales`."""
    if receipt.get("transactionType") == "void":
        return "voids"
    gross = scaled(receipt["documentTotal"]["grossTotal"], minor_units(currency_of(receipt)))
    return "returns" if gross < 0 else "sales"


def is_late(receipt: Mapping[str, Any], store: Store) -> bool:
    """Whether the door got it when the business day was over that it counts on."""
    day = date.fromisoformat(day_and_hour(receipt["date"], store)[0])
    over = datetime.combine(day + timedelta(days=1), time(store.cutoff_hour), store.info)
    return bool(receipt["receivedTime"] >= over.timestamp())


def marks_of(receipt: Mapping[str, Any], store: Store, ahead: float) -> set[str]:
    """The marks of its sums, and of a date more than `ahead` seconds after the door's clock.

    The marks of single lines, products of floats, are left to the door.
    """
    total, scale = receipt["documentTotal"], minor_units(currency_of(receipt))
    net, tax, gross = (
        scaled(total[name], scale) for name in ("netTotal", "taxPayable", "grossTotal")
    )

    def minor(parts: Iterable[Mapping[str, Any]], name: str) -> int:
        return sum(scaled(part[name], scale) for part in parts)

    broken = {
        "sum-net": minor(receipt["lines"], "creditAmount") != net,
        "sum-gross": minor(receipt["lines"], "settlementAmount") != gross,
        "total-gross": net + tax != gross,
        "tenders": minor(receipt["settlements"], "settlementAmount") != gross,
        "clock-ahead": wall(receipt["date"], store).timestamp() > receipt["receivedTime"] + ahead,
    }
    return {mark for mark, found in broken.items() if found}


def expected(receipts: Iterable[Mapping[str, Any]], stores: Mapping[str, Store]) -> Sums:
    """The sums of distinct receipts, in every breakdown."""
    adding = Adding()
    for receipt in receipts:
        store = stores[str(receipt["storeID"])]
        _, hour = day_and_hour(receipt["date"], store)
        adding.add(facts(receipt, store), hour, kind_of(receipt))
    return adding.sums()


def only(sums: Sums, breakdowns: Iterable[str]) -> Sums:
    """The sums of some breakdowns."""
    wanted = set(breakdowns)
    return {key: figures for key, figures in sums.items() if key[1] in wanted}


def is_closed(day: str, now: datetime) -> bool:
    """Whether a business day is over for certain, whatever the calendar."""
    return date.fromisoformat(day) < now.date() - timedelta(days=2)
