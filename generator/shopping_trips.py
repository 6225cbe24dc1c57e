"""Why people come to a bakery, when, and what they take: the daily and weekly rhythm."""

from math import exp
from typing import NamedTuple

from generator.catalogue import Product, products_of

SATURDAY, SUNDAY = 5, 6
#: Share of the shoppers of a peak who come at any other hour: a chain never quite sleeps.
FLOOR = 0.01


class Peak(NamedTuple):
    """A bell around an hour of the wall clock, `width` hours wide, `height` shoppers high."""

    hour: float
    width: float
    height: float


class Pick(NamedTuple):
    """A part of a basket: with `chance`, one of `products`, in one of `quantities`.

    A product is as likely as its weight. Quantities are in thousandths; one that is listed
    twice is twice as likely.
    """

    products: tuple[Product, ...]
    chance: float
    quantities: tuple[int, ...]


class ShoppingTrip(NamedTuple):
    """A reason to come: its hours, what weekends make of it, and its basket.

    `eat_in` is the chance that it is eaten in the shop; `voucher` that a meal voucher pays.
    """

    name: str
    peaks: tuple[Peak, ...]
    saturday: float
    sunday: float
    eat_in: float
    voucher: float
    picks: tuple[Pick, ...]


def pick(
    category: str, chance: float, *quantities: int, among: tuple[str, ...] = (), by_kg: bool = False
) -> Pick:
    """A pick of `quantities` pieces, or grams of what is sold by weight."""
    products = tuple(
        product for product in products_of(category, among=among) if (product.unit == "kg") == by_kg
    )
    milli = tuple(quantity if by_kg else quantity * 1000 for quantity in quantities or (1,))
    return Pick(products, chance, milli)


BAGUETTES = ("Baguette", "Ficelle")
LOAVES = ("Pain", "Boule")
CAKES = ("Fraisier", "Tarte ", "Flan")
HOT_DRINKS = ("Café", "Cappuccino", "Thé en", "Chocolat")
COLD_DRINKS = ("Eau", "Cola", "Thé glacé", "Jus")
ALCOHOL = ("Bière", "Cidre")

SHOPPING_TRIPS = (
    ShoppingTrip(
        "bread",
        (Peak(8.5, 1.2, 1.0), Peak(12.0, 0.8, 0.7), Peak(18.2, 1.2, 1.7)),
        saturday=1.2,
        sunday=1.1,
        eat_in=0.0,
        voucher=0.01,
        picks=(
            pick("E", 0.92, 1, 1, 1, 2, 2, 3, among=BAGUETTES),
            pick("E", 0.22, 1, 1, 2, among=LOAVES),
            pick("E", 0.05, 250, 400, 500, 750, by_kg=True),
            pick("D", 0.16, 1, 2, 2, 4),
            pick("H", 0.06, 1, 2),
        ),
    ),
    ShoppingTrip(
        "breakfast",
        (Peak(7.6, 1.1, 1.6), Peak(9.8, 0.9, 0.5)),
        saturday=0.9,
        sunday=1.5,
        eat_in=0.25,
        voucher=0.02,
        picks=(
            pick("D", 0.85, 1, 1, 1, 2, 3),
            pick("A", 0.45, 1, 1, 1, 2, among=HOT_DRINKS),
            pick("B", 0.08, 1, among=("Formule petit",)),
            pick("A", 0.10, 1, among=("Jus",)),
            pick("E", 0.25, 1, 1, 2, among=BAGUETTES),
        ),
    ),
    ShoppingTrip(
        "lunch menu",
        (Peak(12.5, 0.7, 1.5),),
        saturday=0.6,
        sunday=0.25,
        eat_in=0.3,
        voucher=0.35,
        picks=(
            pick("B", 1.0, 1, 1, 1, 1, 2, 3, among=("Formule sa", "Formule pa", "Formule en")),
            pick("A", 0.2, 1, 2, among=HOT_DRINKS),
            pick("H", 0.08, 1, 2),
        ),
    ),
    ShoppingTrip(
        "lunch",
        (Peak(12.6, 0.8, 1.5), Peak(19.3, 0.8, 0.35)),
        saturday=0.8,
        sunday=0.4,
        eat_in=0.2,
        voucher=0.25,
        picks=(
            pick("C", 0.5, 1, 1, 1, 2),
            pick("F", 0.35, 1, 1, 1, 2),
            pick("G", 0.28, 1, 1, 2, 2),
            pick("A", 0.5, 1, 1, 1, 2, among=COLD_DRINKS),
            pick("A", 0.03, 1, 2, among=ALCOHOL),
            pick("H", 0.35, 1, 1, 2),
        ),
    ),
    ShoppingTrip(
        "snack",
        (Peak(16.4, 0.9, 1.1), Peak(10.5, 0.8, 0.3)),
        saturday=1.1,
        sunday=0.9,
        eat_in=0.15,
        voucher=0.0,
        picks=(
            pick("D", 0.6, 1, 1, 2, 3),
            pick("H", 0.35, 1, 1, 2),
            pick("I", 0.25, 1, 1, 2, 3),
            pick("A", 0.3, 1, 1, 2),
        ),
    ),
    ShoppingTrip(
        "family",
        (Peak(11.2, 1.2, 0.25), Peak(17.5, 1.2, 0.15)),
        saturday=2.0,
        sunday=4.0,
        eat_in=0.0,
        voucher=0.0,
        picks=(
            pick("H", 0.75, 2, 3, 4, 4, 6),
            pick("H", 0.4, 1, among=CAKES),
            pick("E", 0.7, 1, 2, 2, 3, among=BAGUETTES),
            pick("A", 0.1, 1, 1, 2, among=ALCOHOL),
            pick("I", 0.12, 100, 150, 250, by_kg=True),
        ),
    ),
)


def weights(weekday: int, hour: float) -> tuple[float, ...]:
    """How many shoppers each of SHOPPING_TRIPS brings at an hour of the wall clock; 0 is Monday."""
    return tuple(_weight(trip, weekday, hour) for trip in SHOPPING_TRIPS)


def _weight(trip: ShoppingTrip, weekday: int, hour: float) -> float:
    bells = sum(
        peak.height * exp(-(((hour - peak.hour) / peak.width) ** 2) / 2) for peak in trip.peaks
    )
    factor = {SATURDAY: trip.saturday, SUNDAY: trip.sunday}.get(weekday, 1.0)
    return factor * (bells + FLOOR)
