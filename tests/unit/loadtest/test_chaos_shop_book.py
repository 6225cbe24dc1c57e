"""The oracle of the online shop says what a purchase is worth, and finds every difference."""

from collections.abc import Callable

import pytest

from loadtest.chaos.shop_book import Checkout, Revenue, ShopBook, ShopSeen, Sources
from loadtest.chaos.shop_world import (
    BEHIND_US,
    SPREAD_US,
    WINDOW_US,
    Click,
    Fact,
    Product,
    Purchase,
    ShopBodies,
    ShopBody,
    User,
)

AT = 1_200_000_000
FACTS: tuple[Fact, ...] = (
    User("u1", "Female"),
    Product("p1", 1_000, 100),
    Click("u1", AT - WINDOW_US - 1, "c0", "Unknown"),
    Click("u1", AT - WINDOW_US, "c2", "Google Ads"),
    Click("u1", AT - WINDOW_US, "c1", "Tiktok Ads"),
    Click("u1", AT, "c3", "Unknown"),
    Click("u1", AT + 1, "c4", "Unknown"),
    Click("u2", AT, "c5", "Unknown"),
    Purchase("b1", "u1", "p1", AT, 2, 250, 50, is_paid=True),
    Purchase("b2", "u3", "p2", AT, 1, 0, 0, is_paid=False),
)
RIGHT = ShopSeen(
    {
        "b1": Checkout(
            "u1", AT, "c1", "Tiktok Ads", 3, "Female", 2_150_000, 190_000_000, (), is_late=False
        ),
        "b2": Checkout(
            "u3", AT, None, None, 0, None, None, None, ("products", "users"), is_late=False
        ),
    },
    {AT: Revenue(2_150_000, 190_000_000, 2, 1, 0)},
    {(AT, "Tiktok Ads"): Sources(1, 1), (AT, None): Sources(1, 0)},
    {AT: (2_000_000,) * 6},
)


def book() -> ShopBook:
    """One that was told all of FACTS, and of a body without an answer."""
    told = ShopBook()
    told.send(ShopBody(1, "purchases", FACTS, b""))
    told.send(ShopBody(2, "clicks", (Click("u1", AT - 1, "c9", "Unknown"),), b""))
    for _ in range(2):
        told.acknowledge(1, 0.0)
    return told


def test_the_oracle_knows_what_has_to_stand() -> None:
    assert (RIGHT, 2) == (book().expected(), book().accepted)
    assert () == book().check(RIGHT)


@pytest.mark.parametrize(
    "change",
    [
        lambda: RIGHT._replace(checkouts={"b1": RIGHT.checkouts["b1"]}),
        lambda: RIGHT._replace(checkouts={**RIGHT.checkouts, "b3": RIGHT.checkouts["b2"]}),
        lambda: RIGHT._replace(
            checkouts={**RIGHT.checkouts, "b1": RIGHT.checkouts["b1"]._replace(click="c2")}
        ),
        lambda: RIGHT._replace(revenue={AT: RIGHT.revenue[AT]._replace(purchases=2)}),
        lambda: RIGHT._replace(sources={(AT, "Tiktok Ads"): Sources(1, 1)}),
        lambda: RIGHT._replace(credits={AT: (2_000_000,) * 5 + (1_999_999,)}),
    ],
    ids=["lost", "extra", "another click", "twice", "a source lost", "a credit less"],
)
def test_every_difference_is_told(change: Callable[[], ShopSeen]) -> None:
    assert 1 == len(book().check(change()))


def test_a_wrong_answer_is_a_difference() -> None:
    told = book()
    told.wrong_answer("409 to body 1")

    assert ("409 to body 1",) == told.check(RIGHT)


def test_nothing_of_the_world_is_late_and_time_waits_for_what_has_no_answer() -> None:
    now_us = 10 * BEHIND_US
    world, newest = ShopBodies(1, now_us), 0
    open_body = world.next()
    for _ in range(400):
        body = world.next()
        times = [fact.time_us for fact in body.facts if isinstance(fact, Click | Purchase)]
        newest = max(newest, *times, 0)
        world.accepted(body)
    assert newest <= now_us - BEHIND_US + SPREAD_US
    world.accepted(open_body)
    for _ in range(400):
        world.accepted(world.next())
    later = [
        fact.time_us
        for fact in (fact for _ in range(50) for fact in world.next().facts)
        if isinstance(fact, Click)
    ]

    assert max(later) > newest + WINDOW_US
