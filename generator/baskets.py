"""Everything that may happen at a till in an hour, as tables: one draw gives a basket's plan."""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, product
from math import prod
from typing import NamedTuple

from generator.catalogue import Product
from generator.pricing import PricedLine, priced_line
from generator.shopping_trips import SHOPPING_TRIPS, Pick, ShoppingTrip, weights
from generator.tenders import Draw


class Lines(dict[int, PricedLine]):
    """A product in a quantity, as line 1, 2, ... of a receipt; each is priced once."""

    def __init__(self, sold: Product, quantity_milli: int, eat_in: bool) -> None:
        super().__init__()
        self._sold = (sold, quantity_milli, eat_in)

    def __missing__(self, number: int) -> PricedLine:
        self[number] = line = priced_line(*self._sold, number)
        return line


class Part(NamedTuple):
    """A part of a basket: `lines[n]` is drawn below `cumulative[n]`, the last of which is 1."""

    lines: tuple[Lines, ...]
    cumulative: tuple[float, ...]


class BasketPlan(NamedTuple):
    """A basket that is about to be filled: one line of each part, eaten here or not."""

    trip: ShoppingTrip
    eat_in: bool
    parts: tuple[Part, ...]
    #: Whether two parts could give the same product.
    overlaps: bool


class Hour(NamedTuple):
    """All basket plans of an hour of the week: `plans[n]` is drawn below `cumulative[n]`."""

    plans: tuple[BasketPlan, ...]
    cumulative: tuple[float, ...]


@lru_cache(maxsize=7 * 24)
def hour_of(weekday: int, hour: int) -> Hour:
    """The basket plans from `hour` to `hour + 1` of a weekday, 0 being Monday."""
    plans: list[BasketPlan] = []
    chances: list[float] = []
    for trip, weight in zip(SHOPPING_TRIPS, weights(weekday, hour + 0.5), strict=True):
        for plan, chance in _plans(trip):
            plans.append(plan)
            chances.append(weight * chance)
    return Hour(tuple(plans), _shares(chances))


def basket(draw: Draw, plan: BasketPlan) -> list[PricedLine]:
    """The lines of a sale, at least one; no product twice."""
    lines: list[PricedLine] = []
    number = 1
    for part in plan.parts:
        line = part.lines[bisect_right(part.cumulative, draw())][number]
        if plan.overlaps and any(other.product is line.product for other in lines):
            continue
        lines.append(line)
        number += 1
    return lines


@lru_cache(maxsize=len(SHOPPING_TRIPS))
def _plans(trip: ShoppingTrip) -> list[tuple[BasketPlan, float]]:
    """Every basket that somebody may want, with its chance; nobody wants an empty one."""
    found: list[tuple[BasketPlan, float]] = []
    for eat_in, here in ((False, 1 - trip.eat_in), (True, trip.eat_in)):
        parts = [_part(pick, eat_in) for pick in trip.picks]
        for wanted in product((False, True), repeat=len(parts)):
            chance = here * prod(
                pick.chance if wants else 1 - pick.chance
                for pick, wants in zip(trip.picks, wanted, strict=True)
            )
            if chance and any(wanted):
                chosen = [part for part, wants in zip(parts, wanted, strict=True) if wants]
                picks = [pick for pick, wants in zip(trip.picks, wanted, strict=True) if wants]
                found.append((BasketPlan(trip, eat_in, tuple(chosen), _overlaps(picks)), chance))
    whole = sum(chance for _, chance in found)
    return [(plan, chance / whole) for plan, chance in found]


def _part(pick: Pick, eat_in: bool) -> Part:
    sold = [(one, quantity) for one in pick.products for quantity in pick.quantities]
    chances = [float(one.weight) for one, _ in sold]
    return Part(tuple(Lines(one, milli, eat_in) for one, milli in sold), _shares(chances))


def _overlaps(picks: list[Pick]) -> bool:
    every = [one for pick in picks for one in pick.products]
    return len(every) > len(set(every))


def _shares(chances: list[float]) -> tuple[float, ...]:
    sums = list(accumulate(chances))
    # Ends with 1.0 exactly, so that a draw below 1 always finds its place.
    return tuple(one / sums[-1] for one in sums)
