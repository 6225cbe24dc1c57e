"""Query parameters as typed values; everything that does not hold is told at once. No I/O."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, get_args

from persistence.api import problems
from persistence.api.problems import Fault
from tillstream.clock import BusinessDay, event_time
from tillstream.money import MINOR_UNITS
from tillstream.stores import StoreTable

#: Receipts of a page.
DEFAULT_LIMIT = 50
MAX_LIMIT = 500

#: Stores that one question may name: MongoDB merges so many ranges of an index in order.
MAX_STORES = 50

#: Longest text of a parameter, characters.
MAX_TEXT = 2_000

Sort = Literal["-date", "date"]
By = Literal["day", "hour", "store", "category", "tender", "vat"]
Format = Literal["csv", "ndjson", "parquet"]

#: As `sort=`, and served by no index.
UNSERVED_SORTS = ("total", "store", "till", "number", "receivedAt", "storedAt")

_AROUND = timedelta(days=2)

RECEIPTS_PARAMETERS = (
    "store",
    "till",
    "from",
    "to",
    "category",
    "payment",
    "min_total",
    "sort",
    "cursor",
    "limit",
)

_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,2})?")


@dataclass(frozen=True, kw_only=True)
class Range:
    """Business days or times from which and up to which receipts are asked; None is open."""

    #: Business days, [first_day, end_day), each store's in its own calendar.
    first_day: date | None = None
    end_day: date | None = None
    #: Event time, [start, end). Of days and times, each end has one at most.
    start: datetime | None = None
    end: datetime | None = None

    def length(self) -> timedelta | None:
        """How long it is, to a day where a day and a time are its ends; None is for ever."""
        first = self.start or self.first_day
        end = self.end or self.end_day
        if first is None or end is None:
            return None
        if isinstance(first, datetime) and isinstance(end, datetime):
            return end - first
        return _as_day(end) - _as_day(first)


def _as_day(end: date) -> date:
    return end.date() if isinstance(end, datetime) else end


@dataclass(frozen=True, kw_only=True)
class ReceiptsQuestion(Range):
    """Which receipts, in which order. `stores` empty means every store."""

    stores: tuple[str, ...] = ()
    till: str | None = None
    category: str | None = None
    payment: str | None = None
    #: Least gross total, cents.
    min_total: int | None = None
    sort: str = "-date"
    cursor: str | None = None
    limit: int = DEFAULT_LIMIT


@dataclass(frozen=True, kw_only=True)
class SalesQuestion:
    """Sums of the business days [first, end), by one breakdown."""

    by: By
    first: date
    end: date
    stores: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExportQuestion(Range):
    """Every receipt of a range, oldest first."""

    format: Format
    stores: tuple[str, ...] = ()


Pairs = Sequence[tuple[str, str]]


def receipts_question(pairs: Pairs, table: StoreTable) -> ReceiptsQuestion:
    """The question of `GET /receipts`; raises ProblemError."""
    given = _Given(pairs, RECEIPTS_PARAMETERS)
    stores = given.stores()
    question = ReceiptsQuestion(
        stores=stores,
        till=given.text("till"),
        **given.ends(_calendar(stores, table)),
        category=given.text("category"),
        payment=given.text("payment"),
        min_total=given.cents("min_total"),
        sort=given.choice("sort", (*get_args(Sort), *UNSERVED_SORTS)) or "-date",
        cursor=given.text("cursor"),
        limit=given.integer("limit", 1, MAX_LIMIT) or DEFAULT_LIMIT,
    )
    given.require_sound()
    return question


def sales_question(pairs: Pairs) -> SalesQuestion:
    """The question of `GET /sales`; raises ProblemError."""
    given = _Given(pairs, ["by", "from", "to", "store"])
    by = given.choice("by", get_args(By), required=True)
    first, end = given.day("from"), given.day("to")
    given.require_order(first, end)
    stores = given.stores()
    given.require_sound()
    if by is None or first is None or end is None:
        raise AssertionError("a missing parameter was told above")
    return SalesQuestion(by=by, first=first, end=end, stores=stores)  # type: ignore[arg-type]


def export_question(pairs: Pairs, table: StoreTable) -> ExportQuestion:
    """The question of `GET /export`; raises ProblemError."""
    given = _Given(pairs, ["format", "from", "to", "store"])
    stores = given.stores()
    ends = given.ends(_calendar(stores, table))
    chosen = given.choice("format", get_args(Format), required=True)
    given.require_sound()
    return ExportQuestion(format=chosen, stores=stores, **ends)  # type: ignore[arg-type]


def _calendar(stores: Collection[str], table: StoreTable) -> BusinessDay:
    """Times without an offset are of the one store that is named, else of the chain."""
    return table.calendar(next(iter(stores))) if len(stores) == 1 else table.default


class _Given:
    """The parameters of one request, read by name; remembers what does not hold."""

    def __init__(self, pairs: Pairs, known: Sequence[str]) -> None:
        self._values: dict[str, list[str]] = {}
        self._faults: list[Fault] = []
        for name, text in pairs:
            if name not in known:
                self._fault(name[:64], f"there is no such parameter; there are {', '.join(known)}")
            elif not text:
                self._fault(name, "is empty; leave it out instead")
            elif len(text) > MAX_TEXT:
                self._fault(name, f"is longer than {MAX_TEXT} characters")
            else:
                self._values.setdefault(name, []).append(text)
        for name, texts in self._values.items():
            if len(texts) > 1 and name != "store":
                self._fault(name, "stands there twice")

    def require_sound(self) -> None:
        """Raise the ProblemError that names everything that does not hold."""
        if self._faults:
            raise problems.invalid_parameters(self._faults)

    def text(self, name: str) -> str | None:
        return self._values.get(name, [None])[0]

    def stores(self) -> tuple[str, ...]:
        stores = tuple(sorted(set(self._values.get("store", ()))))
        if len(stores) > MAX_STORES:
            self._fault("store", f"names {len(stores)} stores; at most {MAX_STORES} go at once")
        return stores

    def choice(self, name: str, options: Sequence[str], *, required: bool = False) -> str | None:
        text = self.text(name)
        if text is None and not required:
            return None
        if text not in options:
            found = "is missing" if text is None else f"is {text!r}"
            self._fault(name, f"{found}; it is one of {', '.join(options)}")
        return text

    def integer(self, name: str, least: int, most: int) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            self._fault(name, f"is {text!r}; it is an integer from {least} to {most}")
            return None
        return int(text)

    def cents(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not _AMOUNT.fullmatch(text):
            self._fault(name, f"is {text!r}; it is an amount in euros such as 12.50")
            return None
        return int(Decimal(text) * MINOR_UNITS)

    def day(self, name: str) -> date | None:
        text = self.text(name)
        try:
            day = date.fromisoformat(text or "")
            # The ends of the calendar have no days around them.
            _ = day - _AROUND, day + _AROUND
        except (ValueError, OverflowError):
            found = "is missing" if text is None else f"is {text!r}"
            self._fault(name, f"{found}; it is a business day such as 2026-11-21")
            return None
        return day

    def ends(self, calendar: BusinessDay) -> dict[str, Any]:
        """The fields of a Range: `from` and `to`, in order, each a business day or a time."""
        first, end = self._end("from", calendar), self._end("to", calendar)
        if isinstance(first, datetime) == isinstance(end, datetime):
            self.require_order(first, end)
        elif first is not None and end is not None:
            self.require_order(_instant(first, calendar), _instant(end, calendar))
        return {
            ("start" if isinstance(first, datetime) else "first_day"): first,
            ("end" if isinstance(end, datetime) else "end_day"): end,
        }

    def require_order(self, first: date | None, end: date | None) -> None:
        if first is not None and end is not None and first >= end:
            self._fault("to", "is not after `from`; `to` itself is not included")

    def _end(self, name: str, calendar: BusinessDay) -> date | None:
        """A business day, or a time: without an offset, in the calendar's zone."""
        text = self.text(name)
        if text is None:
            return None
        try:
            end: date
            if len(text) == len("2026-11-21"):
                end = date.fromisoformat(text)
            else:
                end = event_time(text, calendar.zone)
            # Near the ends of the calendar it has no time in UTC, and no business day around it.
            _ = end - _AROUND, end + _AROUND
        except (ValueError, OverflowError):
            self._fault(
                name,
                f"is {text!r}; it is a day such as 2026-11-21 or a time such as"
                " 2026-11-21T08:00:00+01:00, its + encoded as %2B",
            )
            return None
        return end

    def _fault(self, parameter: str, message: str) -> None:
        self._faults.append(Fault(parameter, message))


def _instant(end: date, calendar: BusinessDay) -> datetime:
    return end if isinstance(end, datetime) else calendar.starts(end)
