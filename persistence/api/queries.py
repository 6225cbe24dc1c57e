"""From a question to a query that an index serves, or a refusal that says why. No I/O.

A query reads a range of one index, in the index's own order: MongoDB neither reads the whole
collection nor sorts in memory. What no index has (category, payment, least total) is looked
for inside a range that has to be short enough.
"""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from persistence.api import problems
from persistence.api.cursor import Position, position_of
from persistence.api.parameters import (
    MAX_STORES,
    ExportQuestion,
    Question,
    ReceiptsQuestion,
    day_of,
    time_of,
)
from persistence.schema import DAY_INDEX, STORE_INDEX
from tillstream.archive import Document, in_currency
from tillstream.clock import AROUND
from tillstream.stores import StoreTable

#: Days that a question may span which reads every receipt of them: of the whole chain, and of
#: one store; several stores share the latter. What is rare in a large chain may still take longer
#: than a page is given, and that is told (docs/decisions/0012-questions-over-http.md).
MAX_CHAIN_DAYS = 7
MAX_STORE_DAYS = 366

#: A range of days may be longer by what clocks were set back.
_CLOCK_CHANGE_HOURS = 2

#: Where clocks change, a day may begin an hour away from where its cutoff stands.
_SLACK = timedelta(hours=3)


#: The orders of the two indexes, newest first, and their reverse. The day of all stores goes before
#: the time: where they share a calendar, that is the order of time.
_NEWEST_FIRST = {"date": -1, "_id": 1}
_OLDEST_FIRST = {"date": 1, "_id": -1}
_NEWEST_DAY_FIRST = {"businessDay": -1, **_NEWEST_FIRST}
_OLDEST_DAY_FIRST = {"businessDay": 1, **_OLDEST_FIRST}

BY_DAY = dict(DAY_INDEX)
BY_STORE = dict(STORE_INDEX)


class Query(NamedTuple):
    """What to ask of the collection `receipts`."""

    filter: Document
    sort: dict[str, int]
    #: The index that serves it, told so that no other is taken.
    hint: dict[str, int]


def receipts_query(question: ReceiptsQuestion, table: StoreTable) -> Query:
    """The query of a page; raises ProblemError where no index serves it, or for a wrong cursor."""
    after = None if question.cursor is None else position_of(question.cursor, question)
    if question.sort not in ("-date", "date"):
        raise problems.no_index(
            f"No index has the order {question.sort}",
            "sort=-date gives the newest first, sort=date the oldest first, and export the rest",
        )
    if question.till is not None and len(question.stores) != 1:
        raise problems.no_index(
            "A till's number is its store's, and no index begins with it", "name one store as well"
        )
    _require_short(question)
    _require_few(question.stores)
    matched = _range(question, table)
    if question.till is not None:
        matched["till"] = question.till
    if question.category is not None:
        matched["lines.category"] = question.category
    if question.payment is not None:
        matched["payments.mechanism"] = question.payment
    if question.min_total_minor is not None:
        matched["grossMinor"] = {"$gte": question.min_total_minor}
    newest_first = question.sort == "-date"
    if after is not None:
        matched = _after(after, matched, question.stores, newest_first=newest_first)
    return _query(matched, question.stores, newest_first=newest_first)


def export_query(question: ExportQuestion, table: StoreTable) -> Query:
    """Everything of a range, oldest first; raises ProblemError for more stores than go at once."""
    _require_few(question.stores)
    return oldest_first(_range(question, table), question.stores)


def oldest_first(matched: Document, stores: tuple[str, ...]) -> Query:
    """What a filter finds of stores, in the order of an export."""
    return _query(matched, stores, newest_first=False)


def _query(matched: Document, stores: tuple[str, ...], *, newest_first: bool) -> Query:
    if stores:
        return Query(matched, _NEWEST_FIRST if newest_first else _OLDEST_FIRST, BY_STORE)
    return Query(matched, _NEWEST_DAY_FIRST if newest_first else _OLDEST_DAY_FIRST, BY_DAY)


def days_between(first: date | None, end: date | None) -> Document:
    """A condition on the business day: of [first, end), as each store's own calendar had it."""
    days: Document = {}
    if first is not None:
        days["$gte"] = first.isoformat()
    if end is not None:
        days["$lt"] = end.isoformat()
    return days


def around(
    first: date | None, end: date | None, stores: tuple[str, ...], table: StoreTable
) -> Document:
    """A range of time that has every receipt of these days of these stores, and little more.

    The index of stores has no business day.
    """
    calendars = [table.calendar(store) for store in stores]
    dates: Document = {}
    if first is not None:
        dates["$gte"] = min(calendar.starts(first) for calendar in calendars) - _SLACK
    if end is not None:
        dates["$lt"] = max(calendar.starts(end) for calendar in calendars) + _SLACK
    return dates


def _range(question: Question, table: StoreTable) -> Document:
    matched: Document = {} if question.currency is None else in_currency(question.currency)
    first_day, end_day = day_of(question.first), day_of(question.end)
    start, stop = time_of(question.first), time_of(question.end)
    days = days_between(first_day, end_day)
    dates: Document = {}
    if question.stores:
        matched["store"] = among(question.stores)
        dates = around(first_day, end_day, question.stores, table)
    if days and question.stores:
        matched["businessDay"] = days
    if start is not None:
        dates["$gte"] = start
        days["$gte"] = _day(start, -AROUND)
    if stop is not None:
        dates["$lt"] = stop
        days["$lte"] = _day(stop, AROUND)
    if dates:
        matched["date"] = dates
    if days and not question.stores:
        matched["businessDay"] = days
    return matched


def _day(moment: datetime, beside: timedelta) -> str:
    """The day at some time before or after a moment, or the first or last one of all."""
    try:
        return (moment + beside).date().isoformat()
    except OverflowError:
        return (date.min if beside < timedelta() else date.max).isoformat()


def _after(
    position: Position, matched: Document, stores: tuple[str, ...], *, newest_first: bool
) -> Document:
    """What is beyond a position: what shares its time, and then every other time.

    One branch for each range of the index, none of them wider than it has to be: MongoDB merges
    them in order. An `$or` or an `$in` inside a branch would be sorted in memory.
    """
    strictly, key_beyond = ("$lt", "$gt") if newest_first else ("$gt", "$lt")
    ranges: list[Document] = [
        {"date": position.date, "_id": {key_beyond: position.key}},
        {"date": {**matched.get("date", {}), strictly: position.date}},
    ]
    if not stores:
        day = position.business_day
        ranges = [{"businessDay": day, **each} for each in ranges]
        ranges.append({"businessDay": {**matched.get("businessDay", {}), strictly: day}})
    places: list[Document] = [{"store": store} for store in stores] or [{}]
    return {"$or": [{**matched, **place, **each} for place in places for each in ranges]}


def among(stores: tuple[str, ...]) -> str | Document:
    """A condition on the store: one of these."""
    return stores[0] if len(stores) == 1 else {"$in": list(stores)}


def _require_short(question: ReceiptsQuestion) -> None:
    """What no index has needs a range that is short enough to be read whole."""
    looked_for = {
        "category": question.category,
        "payment": question.payment,
        "min_total": question.min_total,
        "currency": question.currency,
    }
    names = " or ".join(name for name, value in looked_for.items() if value is not None)
    if not names:
        return
    days = longest(question.stores)
    length = question.length()
    if length is None or length > timedelta(days=days, hours=_CLOCK_CHANGE_HOURS):
        raise problems.no_index(
            f"No index has {names}, so every receipt from `from` to `to` is read",
            f"give both, at most {days} days apart; with store=, {MAX_STORE_DAYS} days",
        )


def longest(stores: tuple[str, ...]) -> int:
    """Most days that may be read whole."""
    if not stores:
        return MAX_CHAIN_DAYS
    return max(MAX_CHAIN_DAYS, MAX_STORE_DAYS // len(stores))


def _require_few(stores: tuple[str, ...]) -> None:
    if len(stores) > MAX_STORES:
        raise problems.no_index(
            f"This API key covers {len(stores)} stores, more than an index gives in one order",
            f"name at most {MAX_STORES} of them with store=",
        )
