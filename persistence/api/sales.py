"""Exact sums of business days, by the breakdowns of the ledger, computed by MongoDB. No I/O.

The ledger's rules hold here: a receipt is credited to the business day of its store's calendar;
returns are negative, voids are receipts as any; a key counts a receipt that touches it once.
"""

from typing import Any, NamedTuple

from persistence.api import problems
from persistence.api.parameters import By, SalesQuestion
from persistence.api.queries import BY_DAY, BY_STORE, among, around, days_between
from persistence.api.wall_clock import hour_of
from tillstream.archive import NAMES_CURRENCY, Document, in_currency
from tillstream.money import rate_text
from tillstream.stores import StoreTable

#: Days that one question may span: of the whole chain, and of named stores together.
MAX_CHAIN_DAYS = 31
MAX_STORE_DAYS = 366


class SalesQuery(NamedTuple):
    """What to ask of the collection `receipts`."""

    pipeline: list[Document]
    #: The index that serves it, told so that no other is taken.
    hint: dict[str, int]


def sales_query(question: SalesQuestion, table: StoreTable) -> SalesQuery:
    """The query of a question; each row has `_id`, receipts, units, gross and net.

    Raises ProblemError where more days are asked for than may be read.
    """
    days = (question.end - question.first).days
    stores = question.stores
    most = max(MAX_CHAIN_DAYS, MAX_STORE_DAYS // len(stores)) if stores else MAX_CHAIN_DAYS
    if days > most:
        raise problems.no_index(
            f"These sums read every receipt of {days} days",
            f"ask for at most {most} days at once, or for one store, up to {MAX_STORE_DAYS} days;"
            " `tillstream sql` sums over everything",
        )
    first_day, end_day = question.first, question.end
    match: Document = {"businessDay": days_between(first_day, end_day)}
    if question.currency is not None:
        match |= in_currency(question.currency)
    if stores:
        # The index of stores has the date: a range around the days, in any zone.
        match |= {"store": among(stores), "date": around(first_day, end_day, stores, table)}
    return SalesQuery(
        [{"$match": match}, *_BREAKDOWNS[question.by](question, table), {"$sort": {"_id": 1}}],
        BY_STORE if stores else BY_DAY,
    )


def currencies_query(question: SalesQuestion) -> list[Document]:
    """The pipeline that finds which currencies documents name, of the days and stores asked for."""
    match = {"businessDay": days_between(question.first, question.end), **NAMES_CURRENCY}
    if question.stores:
        match["store"] = among(question.stores)
    return [{"$match": match}, {"$group": {"_id": "$currency"}}]


def key_text(by: By, key: Any) -> str:
    """A key as the ledger has it: of a VAT rate, hundredths of a percent as percent."""
    if by == "hour":
        return f"{key:02d}"
    return rate_text(key) if by == "vat" else str(key)


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


_BREAKDOWNS: dict[By, Any] = {
    "day": lambda _, __: _whole("$businessDay"),
    "hour": lambda question, table: _whole(hour_of(question.first, question.end, table)),
    "store": lambda _, __: _whole("$store"),
    "category": lambda _, __: _lines("category"),
    "product": lambda _, __: _lines("product"),
    "vat": lambda _, __: _lines("taxBasisPoints"),
    "tender": lambda _, __: _parts(
        "payments",
        "mechanism",
        {
            "unitsMilli": {"$sum": 0},
            "grossMinor": {"$sum": "$payments.amountMinor"},
            "netMinor": {"$sum": 0},
        },
    ),
}
