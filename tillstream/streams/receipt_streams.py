"""The receipts as streams: each receipt, each of its lines and each of its tenders once.

Their events come from the log of the receipts, and are declared only where a window counts one of
them. Columns have the names that `persistence sql` has, and no customer: a window must not keep
whom an erasure would have to find.
"""

from collections.abc import Iterable, Mapping

from tillstream.streams import durations
from tillstream.streams.definition import Field, Stream, Window

RECEIPTS, LINES, TENDERS = "receipts", "receipt_lines", "tenders"
#: Tills send within seconds; those that were offline send late, which revises.
_LATENESS = durations.microseconds("5 min")
_VERSION = 1

_OF_RECEIPT = (
    Field(name="event_time", type="timestamp", required=True, description="When it was sold"),
    Field(name="business_day", type="text", required=True, example="2026-11-21"),
    Field(name="store", type="text", required=True),
    Field(name="till", type="text", required=True),
    Field(name="number", type="text", required=True),
    Field(name="agent", type="text"),
    Field(name="type", type="text", description="transactionType"),
    Field(
        name="kind",
        type="enum",
        values=("sales", "returns", "voids"),
        required=True,
        description="A void, else a return where the receipt's gross is negative",
    ),
)


def _amount(name: str, scale: int = 2, description: str = "") -> Field:
    return Field(name=name, type="decimal", scale=scale, required=True, description=description)


def _stream(name: str, title: str, *fields: Field) -> Stream:
    return Stream(
        name=name,
        title=title,
        version=_VERSION,
        source="receipts",
        event_time="event_time",
        lateness_us=_LATENESS,
        fields=(*_OF_RECEIPT, *fields),
    )


STREAMS: Mapping[str, Stream] = {
    RECEIPTS: _stream(
        RECEIPTS,
        "Receipts",
        _amount("units", 3, "The quantities of its lines"),
        _amount("net"),
        _amount("tax"),
        _amount("gross"),
        Field(name="lines", type="integer", required=True, description="How many it has"),
        Field(name="payments", type="integer", required=True, description="How many it has"),
    ),
    LINES: _stream(
        LINES,
        "Lines of receipts",
        Field(name="line", type="integer", required=True),
        Field(name="product", type="text", required=True),
        Field(name="description", type="text"),
        Field(name="category_code", type="text", required=True),
        Field(name="category", type="text", required=True),
        _amount("quantity", 3),
        Field(name="unit", type="text"),
        _amount("net"),
        _amount("tax_percentage"),
        _amount("gross"),
    ),
    TENDERS: _stream(
        TENDERS,
        "Tenders of receipts",
        Field(name="mechanism", type="text", required=True),
        _amount("amount"),
    ),
}


def wanted(windows: Iterable[Window]) -> Mapping[str, Stream]:
    """All of them where a window counts one, else none: they have one source."""
    return STREAMS if any(window.stream in STREAMS for window in windows) else {}
