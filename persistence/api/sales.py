"""Exact sums of business days, by the breakdowns of the ledger, computed by MongoDB. No I/O.

The ledger's rules hold here: a receipt is credited to the business day of its store's calendar;
returns are negative, voids are receipts as any; a key counts a receipt that touches it once.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from persistence.api import problems
from persistence.api.parameters import By, SalesQuestion
from persistence.api.queries import BY_DAY, BY_STORE, among
from persistence.documents import Document
from tillstream.stores import StoreTable

#: Days that one question may span: of the whole chain, and of named stores together.
MAX_CHAIN_DAYS = 31
MAX_STORE_DAYS = 366

#: Where clocks change, a day may begin an hour away from where its cutoff stands.
_SLACK = timedelta(hours=3)


class SalesQuery(NamedTuple):
    """What to ask of the collection `receipts`."""

    pipeline: list[Document]
    #: The index that serves it, told so that no other is taken.
    hint: dict[str, int]


def sales_query(question: SalesQuestion, table: StoreTable) -> SalesQuery:
    """The query of a question; each row has `_id`, receipts, units, gross and net.

    Raises Problem where more days are asked for than may be read.
    """
    days = (question.end - question.first).days
    stores = question.stores
    most = max(MAX_CHAIN_DAYS, MAX_STORE_DAYS // len(stores)) if stores else MAX_CHAIN_DAYS
    if days > most:
        raise problems.no_index(
            f"These sums read every receipt of {days} days",
            f"ask for at most {most} days at once, or for one store, up to {MAX_STORE_DAYS} days;"
            " `python -m persistence sql` sums over everything",
        )
    first, end = question.first.isoformat(), question.end.isoformat()
    match: Document = {"businessDay": {"$gte": first, "$lt": end}}
    if stores:
        # The index of stores has the date: a range around the days, in any zone.
        match |= {"store": among(stores), "date": _around(question, table)}
    return SalesQuery(
        [{"$match": match}, *_BREAKDOWNS[question.by](table), {"$sort": {"_id": 1}}],
        BY_STORE if stores else BY_DAY,
    )


def _around(question: SalesQuestion, table: StoreTable) -> Document:
    starts = [table.calendar(store).starts(question.first) for store in question.stores]
    ends = [table.calendar(store).starts(question.end) for store in question.stores]
    return {"$gte": min(starts) - _SLACK, "$lt": max(ends) + _SLACK}


def key_text(by: By, key: Any) -> str:
    """A key as the ledger has it: of a VAT rate, hundredths of a percent as percent."""
    return f"{key / 100:g}" if by == "vat" else str(key)


def _whole(key: Any) -> list[Document]:
    """Group whole receipts."""
    return [
        {
            "$group": {
                "_id": key,
                "receipts": {"$sum": 1},
                "unitsMilli": {"$sum": {"$sum": "$lines.unitsMilli"}},
                "grossMinor": {"$sum": "$grossMinor"},
                "netMinor": {"$sum": "$netMinor"},
            }
        }
    ]


def _parts(path: str, field: str, amounts: Document) -> list[Document]:
    """Group parts of receipts; the first part with a key counts its receipt."""
    is_first = {"$eq": [{"$indexOfArray": ["$keys", f"${path}.{field}"]}, "$position"]}
    return [
        {"$project": {"keys": f"${path}.{field}", path: 1}},
        {"$unwind": {"path": f"${path}", "includeArrayIndex": "position"}},
        {
            "$group": {
                "_id": f"${path}.{field}",
                "receipts": {"$sum": {"$cond": [is_first, 1, 0]}},
                **amounts,
            }
        },
    ]


def _lines(field: str) -> list[Document]:
    names = ("unitsMilli", "grossMinor", "netMinor")
    return _parts("lines", field, {name: {"$sum": f"$lines.{name}"} for name in names})


def _hour(table: StoreTable) -> Document:
    """The hour of the store's wall clock."""
    zones: dict[str, list[str]] = {}
    for store, calendar in table.exceptions.items():
        zones.setdefault(str(calendar.zone), []).append(store)
    default = str(table.default.zone)
    branches = [
        {"case": {"$in": ["$store", stores]}, "then": zone}
        for zone, stores in zones.items()
        if zone != default
    ]
    zone = {"$switch": {"branches": branches, "default": default}} if branches else default
    return {"$dateToString": {"date": "$date", "format": "%H", "timezone": zone}}


_BREAKDOWNS: dict[By, Any] = {
    "day": lambda _: _whole("$businessDay"),
    "hour": lambda table: _whole(_hour(table)),
    "store": lambda _: _whole("$store"),
    "category": lambda _: _lines("category"),
    "vat": lambda _: _lines("taxBasisPoints"),
    "tender": lambda _: _parts(
        "payments",
        "mechanism",
        {
            "unitsMilli": {"$sum": 0},
            "grossMinor": {"$sum": "$payments.amountMinor"},
            "netMinor": {"$sum": 0},
        },
    ),
}
