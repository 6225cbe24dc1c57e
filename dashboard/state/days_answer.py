"""What the page Days is answered: groups, splits, a heat map, comparisons. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from dashboard.state.day_spans import By, Comparison, Span, groups
from tillstream.day_figures import DayTotals, Figures, total

#: Why a day shows nothing: `future`; `none`: the archive has no receipt of it; `missing`: it has
#: receipts, but no figures; `unknown`: it has neither, and may have had some. A day that is not
#: over is `open`, one that is `whole`.
State = Literal["whole", "open", "none", "missing", "unknown", "future"]

#: Gross, net, receipts, units in thousandths; amounts in cents.
Amounts = tuple[int, int, int, int]


class GroupRow(NamedTuple):
    """A day, a week or a month."""

    key: str
    #: YYYY-MM-DD, both included.
    first: str
    last: str
    #: `whole` if every day of it is over, and has figures or no receipts.
    state: State
    #: Days that have figures.
    sold: int
    amounts: Amounts


class SplitRow(NamedTuple):
    """A part of all, and what a reader calls it; the key `*` is all others."""

    key: str
    name: str
    amounts: Amounts


class Compared(NamedTuple):
    """A comparison, and its figures; None where a day of it has no figures that it should."""

    period: str
    than: str
    basis: str
    first: str
    last: str
    first_before: str
    last_before: str
    now: Amounts | None
    before: Amounts | None


class DaysAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All that the page shows."""

    first: str
    last: str
    by: By
    #: The chain's present business day, and its zone.
    today: str
    zone: str
    read_at: float
    #: Days that are not over count as far as they have come.
    total: Amounts
    groups: list[GroupRow]
    #: Days of the range by state.
    states: dict[str, int]
    #: The days that are `missing` or `unknown`, the first of them.
    missing: list[str]
    #: By name; what is not kept of some stores is left out.
    splits: dict[str, list[SplitRow]]
    #: Weekday (0 is Monday), hour, gross in cents, days that it is to be divided by.
    heat: list[tuple[int, str, int, int]]
    hours: list[str]
    running: list[Compared]
    #: Most days for which categories, products and hours of these stores are added up; 0: these.
    narrow_to: int = 0


def amounts(figures: Figures) -> Amounts:
    """As the page has them."""
    return (figures.gross_minor, figures.net_minor, figures.receipts, figures.units_milli)


class Days:
    """The figures of days, and what is known of those that have none."""

    def __init__(
        self,
        totals: Mapping[str, DayTotals],
        of_day: Callable[[DayTotals], Figures],
        received: set[str],
        first_received: str | None,
        open_from: date,
        today: date,
    ) -> None:
        """`received`: days without figures of which the archive has receipts, and the oldest.

        `open_from`: the first day that is not over; `today`: the last one that has begun.
        """
        self._figures = {day: of_day(each) for day, each in totals.items()}
        self._received = received
        self._first_received = first_received
        self._open_from = open_from.isoformat()
        self._today = today.isoformat()

    def state(self, day: str) -> State:
        """What is known of a day."""
        if day > self._today:
            return "future"
        if day >= self._open_from:
            return "open"
        if figures := self._figures.get(day):
            return "whole" if figures != Figures() else "none"
        if day in self._received:
            return "missing"
        if self._first_received is not None and day >= self._first_received:
            return "none"
        return "unknown"

    def sum(self, span: Span) -> Figures:
        """Of all days that have figures."""
        return total(self._figures[day] for day in span.names() if day in self._figures)

    def grouped(self, span: Span, by: By) -> list[GroupRow]:
        """The rows of a span."""
        return [
            GroupRow(
                group.key,
                group.span.first.isoformat(),
                group.span.last.isoformat(),
                self._together([self.state(day) for day in group.span.names()]),
                sum(self._sold(day) for day in group.span.names()),
                amounts(self.sum(group.span)),
            )
            for group in groups(span, by)
        ]

    def compared(self, comparison: Comparison) -> Compared:
        """The figures of both; a span that lacks a day's is not compared."""
        now, before = comparison.now, comparison.before
        return Compared(
            comparison.period,
            comparison.than,
            comparison.basis,
            now.first.isoformat(),
            now.last.isoformat(),
            before.first.isoformat(),
            before.last.isoformat(),
            self._of_all(now),
            self._of_all(before),
        )

    def _of_all(self, span: Span) -> Amounts | None:
        lacks = {"missing", "unknown"} & {self.state(day) for day in span.names()}
        return None if lacks else amounts(self.sum(span))

    def _sold(self, day: str) -> bool:
        return self._figures.get(day, Figures()) != Figures()

    @staticmethod
    def _together(states: list[State]) -> State:
        # What a reader must know first.
        order: tuple[State, ...] = ("missing", "open", "unknown", "whole", "none", "future")
        return next(state for state in order if state in states)
