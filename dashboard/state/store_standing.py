"""How a store stands beside what is usual for it at this hour of its day. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, total
from tillstream.store_hours import OPENING_GRACE_SECONDS
from tillstream.stores import Store
from tillstream.usual import hours_over, usual

#: Beyond every deviation, in cents: zero stores stand before it, those without a usual behind.
FAR = 10**15

#: `zero`: it sold nothing and should have; `new`: no day of it to compare with.
State = Literal["zero", "open", "closed", "new"]

Hours = Mapping[str, Figures]


class Sold(NamedTuple):
    """What a store sold on a day."""

    hours: Hours
    #: The newest sale, Unix seconds; None where no product is known.
    last: float | None


NOTHING = Sold({}, None)


class Standing(NamedTuple):
    """A store at a moment; money in cents."""

    store: str
    title: str
    region: str
    #: Degrees, or None.
    latitude: float | None
    longitude: float | None
    state: State
    #: All that it sold today.
    gross: int
    receipts: int
    #: The end of the last hour that is over, "10:00"; empty before the first.
    until: str
    #: Today and usually, of the hours that are over; None where nothing is usual.
    compared: int
    usual: int | None
    #: The newest sale, Unix seconds.
    last: float | None
    #: Rows stand by it: zero stores, the greatest usual first, then those furthest behind.
    order: int


class Moment(NamedTuple):
    """A moment in a calendar."""

    day: date
    #: Unix seconds.
    now: float
    #: The hours of the day that are over, in their order.
    over: tuple[str, ...]


class Usual(NamedTuple):
    """What is usual of the hours that are over."""

    #: Whether a usual day sold anything.
    known: bool
    #: Cents; None where nothing is usual, also before the first hour is over.
    gross: int | None
    receipts: float


def moment(calendar: BusinessDay, now: float) -> Moment:
    """Unix seconds `now` in a calendar."""
    day = calendar.on(now)
    return Moment(day, now, tuple(hours_over(calendar, day, now)))


def usual_of(before: Sequence[Hours], over: Sequence[str]) -> Usual:
    """`before` are the days that say what is usual."""
    found = usual(before, over) if over else None
    gross, receipts = (round(found[0]), found[1]) if found else (None, 0.0)
    return Usual(any(before), gross, receipts)


def standing(
    store: Store, at: Moment, opened: float | None, today: Sold, before: Usual
) -> Standing:
    """A store at a moment of its calendar; `opened` as `store_hours.Opened` has it."""
    whole = total(today.hours.values())
    compared = total(today.hours[hour] for hour in at.over if hour in today.hours).gross_minor
    state = _state(at, opened, whole.receipts, before)
    return Standing(
        store=store.store,
        title=store.title,
        region=store.region,
        latitude=store.place[0] if store.place else None,
        longitude=store.place[1] if store.place else None,
        state=state,
        gross=whole.gross_minor,
        receipts=whole.receipts,
        until=f"{(int(at.over[-1]) + 1) % 24:02d}:00" if at.over else "",
        compared=compared,
        usual=before.gross,
        last=today.last,
        order=_order(state, compared, before.gross),
    )


def _state(at: Moment, opened: float | None, receipts: int, before: Usual) -> State:
    if opened is None:
        return "closed"
    # Of a store whose hours nobody said, the usual says whether it should have sold.
    told = opened > -math.inf
    due = at.now - opened >= OPENING_GRACE_SECONDS if told else before.receipts > 0
    if receipts == 0 and due:
        return "zero"
    return "open" if before.known else "new"


def _order(state: State, compared: int, expected: int | None) -> int:
    if state == "zero":
        return -FAR - (expected or 0)
    return FAR if expected is None else compared - expected
