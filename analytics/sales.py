"""What the folds need of a receipt, computed once: its day, its sums in cents, its parts. Pure."""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from tillstream.clock import BusinessDay, event_time
from tillstream.contracts import StampedReceipt
from tillstream.errors import UndecodableMessage
from tillstream.money import milli_units, minor_units
from tillstream.stores import StoreTable

#: Units in thousandths, gross and net in cents; negative on a return.
Amounts = list[int]


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


_rate = lru_cache(maxsize=256)("{:g}".format)


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
    return _Moment(day, f"{wall.hour:02d}", time.timestamp(), _closes(day, calendar))


@lru_cache(maxsize=1_024)
def _closes(day: date, calendar: BusinessDay) -> float:
    return calendar.starts(day + timedelta(days=1)).timestamp()


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
        quantity = milli_units(line.quantity)
        gross, net = minor_units(line.settlement_amount), minor_units(line.credit_amount)
        units += quantity
        _add(categories, line.product_category_name, quantity, gross, net)
        _add(vat_rates, _rate(line.tax_percentage), quantity, gross, net)
    tenders: dict[str, Amounts] = {}
    for settlement in receipt.settlements:
        tendered = minor_units(settlement.settlement_amount)
        _add(tenders, settlement.payment_mechanism, 0, tendered, 0)
    total = receipt.document_total
    gross, net = minor_units(total.gross_total), minor_units(total.net_total)
    return Sale(
        moment.day,
        moment.hour,
        store,
        _kind(receipt, gross),
        receipt.received_time >= moment.closes,
        moment.sold,
        [units, gross, net],
        categories,
        vat_rates,
        tenders,
    )


def _kind(receipt: StampedReceipt, gross_minor: int) -> str:
    if receipt.transaction_type == "void":
        return "voids"
    return "returns" if gross_minor < 0 else "sales"


def _add(parts: dict[str, Amounts], key: str, units: int, gross: int, net: int) -> None:
    amounts = parts.get(key)
    if amounts is None:
        parts[key] = [units, gross, net]
    else:
        amounts[0] += units
        amounts[1] += gross
        amounts[2] += net
