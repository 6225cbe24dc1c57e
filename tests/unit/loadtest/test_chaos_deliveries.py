"""The receiver's sales have to come to their newest versions, and every difference is told."""

import pytest

from loadtest.chaos.deliveries import Deliveries, DeliveriesBook, SignedDelivery


def book() -> DeliveriesBook:
    """Sale 1: versions 1 and 2 promised, 3 without an answer; sale 2: none promised."""
    book = DeliveriesBook()
    for number, (sale, version, amount) in enumerate(
        [(1, 1, 10), (1, 2, 20), (1, 3, 30), (2, 1, 5)]
    ):
        book.send(SignedDelivery(number, sale, version, amount, b""))
    book.acknowledge(1, 0.0)
    book.acknowledge(0, 0.0)
    return book


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({1: 20}, ()),
        ({1: 30, 2: 5}, ()),
        ({1: 10}, ("sale 1: 10, not 20 or 30",)),
        ({}, ("sale 1: 0, not 20 or 30",)),
        ({1: 20, 2: 7}, ("sale 2: 7, not 0 or 5",)),
        ({1: 20, 3: 1}, ("sale 3 never sent",)),
    ],
)
def test_every_difference_is_told(found: dict[int, int], expected: tuple[str, ...]) -> None:
    assert expected == book().check(found)


def test_deliveries_are_new_sales_new_versions_and_old_ones_again() -> None:
    drawn = Deliveries(1, "2026-11-21")
    found = []
    for _ in range(300):
        found.append(drawn.next())
        drawn.accepted(found[-1])

    assert len({one.number for one in found}) < 300
    assert 1 < max(one.version for one in found)
    assert 0 in {one.amount for one in found}
