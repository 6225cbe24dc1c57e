"""What the folds need of a receipt, computed once: its day, its sums in cents, its parts. Pure."""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from tillstream.clock import BusinessDay, event_time
from tillstream.contracts import StampedReceipt
from tillstream.errors import UndecodableMessage
from tillstream.money import milli_units, minor_units
from tillstream.stores import StoreTable


class Amounts(NamedTuple):
    """Units in thousandths, gross and net in cents; negative on a return."""

    units_milli: int
    gross_minor: int
    net_minor: int


class Sale(NamedTuple):
    """One receipt as the folds see it."""

    #: Business day in the store's calendar.
    day: date
    #: Hour of the store's wall clock, "00" to "23".
    hour: str
    store: str
    #: `sales`, `returns` (negative) or `voids`.
    kind: str
    #: Received after its business day had closed.
    late: bool
    #: Unix seconds of the till's clock.
    sold: float
    whole: Amounts
    categories: dict[str, Amounts]
    #: By rate in percent as text: "5.5".
    vat_rates: dict[str, Amounts]
    #: Gross by tender.
    tenders: dict[str, Amounts]


# Prices and quantities repeat: a look-up costs a fifth of the rounding.
_cents = lru_cache(maxsize=65_536)(minor_units)
_milli = lru_cache(maxsize=4_096)(milli_units)


class _Moment(NamedTuple):
    day: date
    hour: str
    sold: float
    closes: float


@lru_cache(maxsize=16_384)
def _moment(text: str, calendar: BusinessDay) -> _Moment:
    time = event_time(text, calendar.zone)
    day = calendar.of(text)
    wall = time.astimezone(calendar.zone)
    closes = calendar.starts(day + timedelta(days=1)).timestamp()
    return _Moment(day, f"{wall.hour:02d}", time.timestamp(), closes)


def sale_of(receipt: StampedReceipt, stores: StoreTable) -> Sale:
    """The sale of a receipt; raises UndecodableMessage when its date is no time."""
    store = str(receipt.store_id)
    try:
        moment = _moment(receipt.date, stores.calendar(store))
    except (ValueError, OverflowError) as error:
        raise UndecodableMessage(f"no time: {error}") from error
    units = 0
    categories: dict[str, Amounts] = {}
    vat_rates: dict[str, Amounts] = {}
    for line in receipt.lines:
        quantity = _milli(line.quantity)
        units += quantity
        amounts = Amounts(quantity, _cents(line.settlement_amount), _cents(line.credit_amount))
        _add(categories, line.product_category_name, amounts)
        _add(vat_rates, f"{line.tax_percentage:g}", amounts)
    total = receipt.document_total
    whole = Amounts(units, _cents(total.gross_total), _cents(total.net_total))
    tenders: dict[str, Amounts] = {}
    for settlement in receipt.settlements:
        tendered = Amounts(0, _cents(settlement.settlement_amount), 0)
        _add(tenders, settlement.payment_mechanism, tendered)
    return Sale(
        day=moment.day,
        hour=moment.hour,
        store=store,
        kind=_kind(receipt, whole),
        late=receipt.received_time >= moment.closes,
        sold=moment.sold,
        whole=whole,
        categories=categories,
        vat_rates=vat_rates,
        tenders=tenders,
    )


def _kind(receipt: StampedReceipt, whole: Amounts) -> str:
    if receipt.transaction_type == "void":
        return "voids"
    return "returns" if whole.gross_minor < 0 else "sales"


def _add(parts: dict[str, Amounts], key: str, more: Amounts) -> None:
    before = parts.get(key)
    if before is None:
        parts[key] = more
    else:
        parts[key] = Amounts(before[0] + more[0], before[1] + more[1], before[2] + more[2])
