"""Query parameters as typed values; what does not hold is told by its name. No I/O."""

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.json_schema import SkipJsonSchema
from starlette.datastructures import QueryParams

from persistence.api.problems import Fault
from tillstream.clock import AROUND, BusinessDay, day_of_text
from tillstream.currencies import CODES, EXPONENTS, IN_WORDS, exponent_of
from tillstream.http.keys import Caller
from tillstream.http.problems import foreign_store
from tillstream.stores import StoreTable

#: Receipts of a page.
DEFAULT_LIMIT = 50
MAX_LIMIT = 500

#: Stores that one question may name: MongoDB merges so many ranges of an index in order.
MAX_STORES = 50

#: Longest text of a parameter, characters.
MAX_TEXT = 2_000

#: Characters of a wrong value that are repeated in the answer.
SHOWN_CHARACTERS = 64

By = Literal["day", "hour", "store", "category", "product", "tender", "vat"]
Format = Literal["csv", "ndjson", "parquet"]
Sort = Literal["-date", "date"]

#: As `sort=`, and served by no index: not in the OpenAPI document, and answered with what serves.
UnservedSort = Literal["total", "store", "till", "number", "receivedAt", "storedAt"]


_AMOUNT = r"^-?\d{1,12}(\.\d{1,3})?$"


def _day(text: str) -> date:
    try:
        day = day_of_text(text)
        # The ends of the calendar have no days around them.
        _ = day - AROUND, day + AROUND
    except (ValueError, OverflowError) as error:
        raise ValueError("it is a business day such as 2026-11-21") from error
    return day


def _day_or_time(text: str) -> date:
    """A business day, or a time: without an offset where the text has none."""
    try:
        day = day_of_text(text[: len("2026-11-21")])
        end = day if len(text) == len("2026-11-21") else datetime.fromisoformat(text)
        # Near the ends of the calendar it has no time in UTC, and no business day around it.
        _ = end - AROUND, end + AROUND
    except (ValueError, OverflowError) as error:
        raise ValueError(
            "it is a day such as 2026-11-21 or a time such as 2026-11-21T08:00:00+01:00,"
            " its + encoded as %2B"
        ) from error
    return end


def _amount(text: str) -> Decimal:
    if not re.fullmatch(_AMOUNT, text, re.ASCII):
        raise ValueError("it is an amount such as 12.50")
    return Decimal(text)


def _currency(text: str) -> str:
    if text not in EXPONENTS:
        raise ValueError(f"it is {IN_WORDS}")
    return text


def _digits(value: object) -> object:
    """Only digits: pydantic would take 5.0 and spaces too."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise ValueError(f"it is an integer from 1 to {MAX_LIMIT}")
    return value


def _distinct(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


#: A parameter that may be left out; it is never sent as null.
Absent = SkipJsonSchema[None]
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Stores = Annotated[tuple[Text, ...], Field(max_length=MAX_STORES), AfterValidator(_distinct)]
Day = Annotated[date, BeforeValidator(_day)]
DayOrTime = Annotated[
    date,
    PlainValidator(_day_or_time),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_TEXT}),
]
Amount = Annotated[
    Decimal, PlainValidator(_amount), WithJsonSchema({"type": "string", "pattern": _AMOUNT})
]
Currency = Annotated[
    str, PlainValidator(_currency), WithJsonSchema({"type": "string", "enum": CODES})
]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), BeforeValidator(_digits)]
AnySort = Annotated[
    Sort | UnservedSort, WithJsonSchema({"type": "string", "enum": list(get_args(Sort))})
]


class Question(BaseModel, extra="forbid"):
    """What every question may name: a range of days or times [first, end), and stores.

    A business day is each store's, in its own calendar. No stores means every store.
    """

    first: DayOrTime | Absent = Field(
        default=None,
        alias="from",
        description="Sold at this time or later: a business day, or a time of ISO 8601; without"
        " an offset, in the store's zone.",
        examples=["2026-11-21"],
    )
    end: DayOrTime | Absent = Field(
        default=None,
        alias="to",
        description="Sold before this; not included.",
        examples=["2026-11-22"],
    )
    stores: Stores = Field(
        default=(), alias="store", description="A store; may be repeated. Without it, every store."
    )
    currency: Currency | Absent = Field(
        default=None, description="A code of ISO 4217: receipts in this currency."
    )

    def placed(self, table: StoreTable) -> Self:
        """Times without an offset in the zone of the one store that is named, else of the chain."""
        calendar = _calendar(self.stores, table)
        first, end = _in_zone(self.first, calendar), _in_zone(self.end, calendar)
        return self.model_copy(update={"first": first, "end": end})

    def scoped(self, caller: Caller) -> Self:
        """Within the stores of the caller's key; raises ProblemError beyond them."""
        for store in self.stores:
            if not caller.covers(store):
                raise foreign_store("ask about", store)
        if self.stores or not caller.stores:
            return self
        return self.model_copy(update={"stores": _distinct(tuple(caller.stores))})

    def of_currency(self, currency: str) -> Self:
        """In a currency, where the question names none."""
        return self.model_copy(update={"currency": self.currency or currency})

    def length(self) -> timedelta | None:
        """How long it is, to a day where a day and a time are its ends; None is for ever."""
        first, end = self.first, self.end
        if first is None or end is None:
            return None
        if isinstance(first, datetime) and isinstance(end, datetime):
            return end - first
        return _as_day(end) - _as_day(first)


class ReceiptsQuestion(Question):
    """Which receipts, in which order."""

    till: Text | Absent = Field(default=None, description="A till; needs one store.")
    category: Text | Absent = Field(default=None, description="With a line of this category.")
    payment: Text | Absent = Field(default=None, description="With a payment by this mechanism.")
    min_total: Amount | Absent = Field(
        default=None,
        description="Gross total of at least so much, in `currency`, without which it is the"
        " chain's main one.",
    )
    sort: AnySort = Field(default="-date", description="Newest or oldest first.")
    cursor: Text | Absent = Field(default=None, description="`next` of the page before.")
    limit: Limit = Field(default=DEFAULT_LIMIT, description="Receipts of a page.")

    @property
    def min_total_minor(self) -> int | None:
        """The least total in minor units; what is between two of them is the upper one."""
        if self.min_total is None:
            return None
        return math.ceil(self.min_total.scaleb(exponent_of(self.currency)))


class SalesQuestion(Question):
    """Sums of business days, by one breakdown."""

    by: By = Field(description="What to sum by.")
    currency: Currency | Absent = Field(
        default=None,
        description="Of what to sum: a code of ISO 4217. Without it, the chain's main currency;"
        " `otherCurrencies` of the answer says which others there are.",
    )
    first: Day = Field(alias="from", description="The first business day.")
    end: Day = Field(alias="to", description="The business day after the last.")


class ExportQuestion(Question):
    """Every receipt of a range, oldest first."""

    format: Format = Field(description="Of the file.")


def day_of(end: date | None) -> date | None:
    """A business day; None of a time."""
    return None if isinstance(end, datetime) else end


def time_of(end: date | None) -> datetime | None:
    """An event time; None of a business day."""
    return end if isinstance(end, datetime) else None


def faults_across(asked: QueryParams, table: StoreTable) -> list[Fault]:
    """What a model of single values does not see: a repeated parameter, and ends out of order."""
    counts = Counter(name for name, _ in asked.multi_items() if name != "store")
    faults = [
        Fault(name[:SHOWN_CHARACTERS], "stands there twice")
        for name, count in counts.items()
        if count > 1
    ]
    calendar = _calendar(asked.getlist("store"), table)
    try:
        first, end = (_in_zone(_day_or_time(asked[name]), calendar) for name in ("from", "to"))
    except (KeyError, ValueError):
        return faults
    if _instant(first, calendar) >= _instant(end, calendar):
        faults.append(Fault("to", "is not after `from`; `to` itself is not included"))
    return faults


def faults_of(errors: Sequence[dict[str, Any]]) -> list[Fault]:
    """What pydantic found, and how it is mended: of each parameter the first.

    The second would be that the parameter was not left out.
    """
    faults: dict[str, Fault] = {}
    for fault in map(_fault, errors):
        faults.setdefault(fault.parameter, fault)
    return list(faults.values())


def _fault(error: dict[str, Any]) -> Fault:
    name = str(error["loc"][1])[:SHOWN_CHARACTERS]
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            return Fault(name, "there is no such parameter; /docs lists what there is")
        case "missing":
            return Fault(name, "is missing; /docs says what it is")
        case "string_too_short":
            return Fault(name, "is empty; leave it out instead")
        case "too_long":
            return Fault(name, f"names too many stores; at most {MAX_STORES} go at once")
    return Fault(name, f"is {str(error['input'])[:SHOWN_CHARACTERS]!r}; {message}")


def _calendar(stores: Collection[str], table: StoreTable) -> BusinessDay:
    named = set(stores)
    return table.calendar(named.pop()) if len(named) == 1 else table.default


End = TypeVar("End", date, date | None)


def _in_zone(end: End, calendar: BusinessDay) -> End:
    if isinstance(end, datetime) and end.tzinfo is None:
        return end.replace(tzinfo=calendar.zone)
    return end


def _instant(end: date, calendar: BusinessDay) -> datetime:
    return end if isinstance(end, datetime) else calendar.starts(end)


def _as_day(end: date) -> date:
    return end.date() if isinstance(end, datetime) else end
