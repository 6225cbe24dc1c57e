"""A question to MongoDB as SQL over the analytic archive: one meaning, in two languages. No I/O.

The condition is made from the very filter that MongoDB gets, so that neither can drift from the
other; rows come as the documents of MongoDB, less what no file has.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from persistence.api.wall_clock import offsets
from tillstream.archive import Document
from tillstream.clock import AROUND, milliseconds, of_milliseconds
from tillstream.currencies import CODES, CURRENCY, EXPONENTS
from tillstream.stores import StoreTable


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


#: Minor units in one unit of a row's currency.
UNITS = "(CASE {} ELSE 100 END)".format(
    " ".join(
        f"WHEN currency IN ({', '.join(map(_quoted, codes))}) THEN {10**exponent}"
        for exponent in (0, 3)
        if (codes := [code for code in CODES if EXPONENTS[code] == exponent])
    )
)
_COLUMNS = {
    "_id": "key",
    "store": "store",
    "till": "till",
    "date": "date",
    "businessDay": "businessDay",
    "currency": "currency",
    "grossMinor": f"gross * {UNITS}",
    "lines.category": "lines.category",
    "payments.mechanism": "payments.mechanism",
}
_OPERATORS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}

#: A row as the fields of a document; times in milliseconds.
DOCUMENT = f"""
    key AS _id, currency, store, till, number, agent, customer, epoch_ms(date) AS date,
    utcOffsetSeconds, businessDay::VARCHAR AS businessDay, epoch_ms(receivedAt) AS receivedAt,
    epoch_ms(storedAt) AS storedAt,
    (net * {UNITS})::BIGINT AS netMinor, (tax * {UNITS})::BIGINT AS taxMinor,
    (gross * {UNITS})::BIGINT AS grossMinor,
    list_transform(lines, lambda line: {{
        'number': line.number, 'product': line.product, 'categoryCode': line.categoryCode,
        'category': line.category, 'unitsMilli': (line.quantity * 1000)::BIGINT,
        'taxBasisPoints': (line.taxPercentage * 100)::BIGINT,
        'netMinor': (line.net * {UNITS})::BIGINT, 'grossMinor': (line.gross * {UNITS})::BIGINT
    }}) AS lines,
    list_transform(payments, lambda payment: {{
        'mechanism': payment.mechanism, 'amountMinor': (payment.amount * {UNITS})::BIGINT
    }}) AS payments
"""
#: What a sum reads of a row.
SUMMED = f"""
    key, store, date, businessDay::VARCHAR AS businessDay, (net * {UNITS})::BIGINT AS netMinor,
    (gross * {UNITS})::BIGINT AS grossMinor,
    list_transform(lines, lambda line: {{
        'category': line.category, 'product': line.product,
        'taxBasisPoints': (line.taxPercentage * 100)::BIGINT,
        'unitsMilli': (line.quantity * 1000)::BIGINT,
        'netMinor': (line.net * {UNITS})::BIGINT, 'grossMinor': (line.gross * {UNITS})::BIGINT
    }}) AS lines,
    list_transform(payments, lambda payment: {{
        'mechanism': payment.mechanism, 'amountMinor': (payment.amount * {UNITS})::BIGINT
    }}) AS payments
"""


class Days(NamedTuple):
    """Business days from `first` to `last`, both included."""

    first: date = date.min
    last: date = date.max

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def days_of(matched: Mapping[str, Any]) -> Days:
    """Days that have everything that a filter of ours finds; some more where it names times."""
    if branches := matched.get("$or"):
        spans = [days_of(each) for each in branches]
        return Days(min(each.first for each in spans), max(each.last for each in spans))
    first, last = date.min, date.max
    days, times = matched.get("businessDay", {}), matched.get("date", {})
    if isinstance(days, str):
        first = last = date.fromisoformat(days)
    else:
        first = max([first, *(date.fromisoformat(days[n]) for n in ("$gt", "$gte") if n in days)])
        last = min([last, *(date.fromisoformat(days[n]) for n in ("$lt", "$lte") if n in days)])
    if isinstance(times, datetime):
        times = {"$gte": times, "$lte": times}
    for name, moment in times.items():
        if name in ("$gt", "$gte"):
            first = max(first, beside(moment, -AROUND))
        else:
            last = min(last, beside(moment, AROUND))
    return Days(first, last)


def beside(moment: datetime, way: timedelta) -> date:
    """The day at some time before or after a moment, or the first or last one of all."""
    try:
        return (moment.astimezone(UTC) + way).date()
    except OverflowError:
        return date.min if way < timedelta() else date.max


def condition(matched: Mapping[str, Any]) -> str:
    """A filter of ours as a condition on the columns of the analytic archive."""
    parts = ["true"]
    for name, wanted in matched.items():
        if name == "$or":
            parts.append("(" + " OR ".join(f"({condition(each)})" for each in wanted) + ")")
        else:
            parts.append(_on(_COLUMNS[name], wanted))
    return " AND ".join(parts)


def order(sort: Mapping[str, int]) -> str:
    """The order of a query."""
    return ", ".join(
        f"{_COLUMNS[name]} {'ASC' if way > 0 else 'DESC'}" for name, way in sort.items()
    )


def document(row: Document) -> Document:
    """A row of DOCUMENT as MongoDB's document, less `raw`."""
    if row["currency"] == CURRENCY:
        del row["currency"]
    for name in ("date", "receivedAt", "storedAt"):
        row[name] = of_milliseconds(row[name])
    return row


def literal(value: Any, column: str = "") -> str:
    """A value of a filter as SQL."""
    if isinstance(value, datetime):
        # To the millisecond, as MongoDB gets it.
        return f"make_timestamptz({milliseconds(value) * 1_000})"
    if isinstance(value, int):
        return str(value)
    if column == "businessDay":
        return f"DATE {_quoted(value)}"
    return _quoted(value)


def _on(column: str, wanted: Any) -> str:
    path, _, field = column.partition(".")
    if field:
        names = f"list_transform({path}, lambda part: part.{field})"
        return f"list_contains({names}, {literal(wanted)})"
    if column == "currency":
        # A file has one in every row, a document only where it is another.
        return f"currency = {_quoted(wanted or CURRENCY)}"
    if not isinstance(wanted, Mapping):
        return f"{column} = {literal(wanted, column)}"
    parts = ["true"]
    for operator, value in wanted.items():
        if operator == "$in":
            among = ", ".join(literal(each, column) for each in value)
            parts.append(f"{column} IN ({among})")
        else:
            parts.append(f"{column} {_OPERATORS[operator]} {literal(value, column)}")
    return " AND ".join(parts)


def hour(first: date, end: date, table: StoreTable) -> str:
    """The hour, 0 to 23, of `date` on the wall clock of `store`; as `wall_clock.hour_of`."""
    default, by_zone = offsets(first, end, table)
    cases = [
        f"WHEN store IN ({', '.join(map(_quoted, stores))}) THEN {_offset(changes)}"
        for stores, changes in by_zone
    ]
    offset = f"CASE {' '.join(cases)} ELSE {_offset(default)} END" if cases else _offset(default)
    day = 86_400_000
    # The rest of a negative number is negative.
    wall = f"(((epoch_ms(date) + ({offset})) % {day}) + {day}) % {day}"
    return f"(({wall}) // 3600000)::INTEGER"


def _offset(changes: list[tuple[datetime, int]]) -> str:
    *before, (_, last) = changes
    if not before:
        return str(last)
    cases = " ".join(f"WHEN date < {literal(until)} THEN {offset}" for until, offset in before)
    return f"CASE {cases} ELSE {last} END"


def sums(by: str, relation: str, hour_of: str) -> str:
    """The rows of a sum over a relation of SUMMED: `_id`, receipts, units, gross and net."""
    of_whole_receipts = {"day": "businessDay", "hour": hour_of, "store": "store"}
    if key := of_whole_receipts.get(by):
        return f"""
            SELECT {key} AS _id, count(*) AS receipts,
                coalesce(sum(list_sum(list_transform(lines, lambda line: line.unitsMilli))), 0)
                    AS unitsMilli,
                sum(grossMinor) AS grossMinor, sum(netMinor) AS netMinor
            FROM {relation} GROUP BY _id
        """  # noqa: S608 - ours
    path, field, amounts = {
        "category": ("lines", "category", "part.unitsMilli, part.grossMinor, part.netMinor"),
        "product": ("lines", "product", "part.unitsMilli, part.grossMinor, part.netMinor"),
        "vat": ("lines", "taxBasisPoints", "part.unitsMilli, part.grossMinor, part.netMinor"),
        "tender": ("payments", "mechanism", "0, part.amountMinor, 0"),
    }[by]
    # A receipt counts once for a key, however many of its parts have it.
    return f"""
        SELECT _id, sum(receipts) AS receipts, sum(unitsMilli) AS unitsMilli,
            sum(grossMinor) AS grossMinor, sum(netMinor) AS netMinor
        FROM (
            SELECT part.{field}, 0, {amounts}
            FROM (SELECT unnest({path}) AS part FROM {relation})
            UNION ALL
            SELECT unnest(list_distinct(list_transform({path}, lambda part: part.{field}))),
                1, 0, 0, 0
            FROM {relation}
        ) AS parts(_id, receipts, unitsMilli, grossMinor, netMinor)
        GROUP BY _id
    """  # noqa: S608 - ours
