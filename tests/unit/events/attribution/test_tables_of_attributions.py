"""Orders show what tables say until they are final, and wait for what comes later."""

from typing import Any

import pytest

from events.attribution import held, row_store
from tests.support.attributed import BEGIN, MINUTE, Message, Shop, database
from tillstream.streams.definition import MOST_DECIMAL

LATER = BEGIN + 5 * MINUTE


def _order(**more: Any) -> Message:
    event = {"order_id": "one", "who": "a", "paid_at": BEGIN, "item": 1, "units": 2}
    return Message("orders", [{**event, **more}])


def _item(price: int) -> Message:
    return Message("items", [{"item": 1, "price": price}])


PERSON = Message("people", [{"person": "a", "town": "x"}])


def test_an_open_order_follows_its_table() -> None:
    with database() as connection:
        shop = Shop(connection)
        for message in (_order(), _item(5), _item(7)):
            shop.take([message], None)

    assert [(1, None), (-1, None), (1, 10), (-1, 10), (1, 14)] == [
        (row["sign"], row["total"]) for row in shop.rows["sold"]
    ]
    assert [1] == [row["sign"] for row in shop.rows["sold_credits"]]


def test_a_table_that_says_the_same_again_makes_no_row() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([_order(), _item(5), PERSON], None)

        assert [] == shop.take([_item(5), PERSON], None)


def test_a_final_order_follows_its_table_no_more() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([_order(), _item(5), PERSON], None)
        shop.take([], LATER)
        shop.take([_item(7)], LATER)

    assert (10, None) == (shop.newest()["one"]["total"], shop.newest()["one"]["missing"])


def test_a_final_order_that_lacks_tables_gets_each_as_it_comes_and_says_what_is_missing() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([_order()], LATER)
        shop.restart()
        seen = [(shop.newest()["one"]["missing"], shop.figures.waiting)]
        for message in (_item(5), _item(7), PERSON, PERSON):
            shop.take([message], LATER)
            seen.append((shop.newest()["one"]["missing"], shop.figures.waiting))
        newest = shop.newest()["one"]

    assert [("items,people", 1), ("people", 1), ("people", 1), (None, 0), (None, 0)] == seen
    assert (10, "x", True) == (newest["total"], newest["town"], newest["is_final"])
    assert 1 == sum(row["sign"] for row in shop.rows["sold"])


def test_an_order_that_names_no_row_lacks_none() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([_order(item=None), PERSON], LATER)

    assert None is shop.newest()["one"]["missing"]


def test_a_field_that_cannot_be_computed_is_null_in_that_row_alone() -> None:
    orders = [
        {"order_id": f"{number}", "who": "a", "paid_at": BEGIN, "item": 1, "units": units}
        for number, units in enumerate((2, 2**62, 3))
    ]
    with database() as connection:
        shop = Shop(connection)
        shop.take([_item(5), Message("orders", orders)], None)

    assert {"0": 10, "1": None, "2": 15} == {
        key: row["total"] for key, row in shop.newest().items()
    }


def test_what_is_held_is_tidied_and_stays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_store, "SPARE_ROWS", 0)
    monkeypatch.setattr(held, "SPARE_CODES", 0)
    with database() as connection:
        shop = Shop(connection)
        shop.take([_item(5), PERSON], None)
        for minute in range(40):
            time = BEGIN + minute * MINUTE
            visit = {"visit": f"{minute}", "who": f"{minute % 7}", "time": time, "ad": "tv"}
            order = _order(order_id=f"{minute}", who=f"{(minute - 1) % 7}", paid_at=time)
            shop.take([Message("visits", [visit]), order], time - 3 * MINUTE)
        shop.take([], BEGIN + 60 * MINUTE)
        rows = shop.newest()

    assert [
        None,
        *(f"{minute - 8 if minute > 7 else minute - 1}" for minute in range(1, 40)),
    ] == [rows[f"{minute}"]["visit"] for minute in range(40)]


def test_a_field_that_cannot_be_computed_is_null_and_counted() -> None:
    with database() as connection:
        shop = Shop(connection)
        # Beyond the bound of decimals; beyond 64 bits; right; and again, as the row is taken back.
        orders = [("one", 2), ("two", 2**40), ("three", 1)]
        for order, units in orders:
            shop.take([_order(order_id=order, units=units)], None)
        shop.take([_item(MOST_DECIMAL)], None)
        seen = {order: row["total"] for order, row in shop.newest().items()}
        counted = shop.figures.nulled
        shop.restart()
        shop.take([PERSON], None)
        again = shop.figures.nulled

    assert {"one": None, "two": None, "three": MOST_DECIMAL} == seen
    assert (2, 4) == (counted, again)
