"""Rows of an attribution say at each commit what a plain rule over all events says."""

from collections import Counter
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.attributed import (
    BEGIN,
    MINUTE,
    Message,
    Shop,
    database,
    figures,
)
from tests.support.attribution_rule import Rule, figures_of
from tillstream.streams.changes import MODELS, WHOLE_CREDIT
from tillstream.streams.definition import Model

# Few values, so that ties, repetitions, and times at both ends of the window are often there.
TIMES = st.one_of(
    st.integers(0, 24).map(lambda minute: BEGIN + minute * MINUTE),
    st.integers(-1, 1).map(lambda beside: BEGIN + 10 * MINUTE + beside),
)
WHO = st.sampled_from(["a", "b", "ä"])
VISITS = st.fixed_dictionaries(
    {
        "visit": st.sampled_from(["1", "10", "2", "é", "\U0001f956"]),
        "who": WHO,
        "time": TIMES,
        "ad": st.sampled_from(["tv", "web", "none", None]),
    }
)
ORDERS = st.fixed_dictionaries(
    {
        "who": WHO,
        "paid_at": TIMES,
        "item": st.sampled_from([1, 2, None]),
        "units": st.integers(1, 3),
    }
)
ITEMS = st.fixed_dictionaries(
    {"item": st.sampled_from([1, 2]), "price": st.sampled_from([None, 5, 7])}
)
PEOPLE = st.fixed_dictionaries({"person": WHO, "town": st.sampled_from(["x", "y", None])})
MESSAGES = st.one_of(
    st.lists(VISITS, max_size=8).map(lambda events: Message("visits", events)),
    st.lists(ORDERS, max_size=4).map(lambda events: Message("orders", events)),
    st.lists(ITEMS, max_size=2).map(lambda events: Message("items", events)),
    st.lists(PEOPLE, max_size=2).map(lambda events: Message("people", events)),
)
#: Messages, by how much the watermark goes on (None: none is known yet), what happens around it.
COMMITS = st.lists(
    st.tuples(
        st.lists(MESSAGES, max_size=4),
        st.one_of(st.none(), st.integers(-1, 6)),
        st.sampled_from(["", "", "undone", "restart", "undone, restart"]),
    ),
    max_size=8,
)
Commit = tuple[list[Message], int | None, str]


def _numbered(commits: list[Commit]) -> list[Commit]:
    """Each order with an id of its own."""
    number = 0
    for messages, _, _ in commits:
        for stream, events in messages:
            for event in events if stream == "orders" else ():
                event["order_id"] = f"order {number}"
                number += 1
    return commits


@given(commits=COMMITS, model=st.sampled_from(["first_touch", "last_touch", "last_non_direct"]))
@settings(max_examples=25, deadline=None)
def test_any_order_repetitions_undone_batches_and_restarts_give_the_rows_of_the_rule(
    commits: list[Commit], model: Model
) -> None:
    rule = Rule(model)
    with database() as connection:
        shop = Shop(connection, model)
        watermark = None
        for messages, step, around in _numbered(commits):
            if step is not None:
                watermark = (watermark or BEGIN) + step * MINUTE
            if "restart" in around:
                shop.restart()
            shop.take(messages, watermark, undone="undone" in around)
            rule.take(messages, watermark)

            assert rule.sold() == shop.now("sold")
            assert rule.credits() == shop.now("sold_credits")
            assert figures_of(rule) == figures(shop)
            expected = {key: (one.is_final, one.is_late) for key, one in rule.orders.items()}
            assert expected == {
                key: (row["is_final"], row["is_late"]) for key, row in shop.newest().items()
            }


@given(commits=COMMITS)
@settings(max_examples=8, deadline=None)
def test_credits_of_each_order_add_up_to_the_whole_in_each_model(commits: list[Commit]) -> None:
    with database() as connection:
        shop = Shop(connection)
        for messages, _, _ in _numbered(commits):
            shop.take(messages, None)
    sums: dict[str, Counter[str]] = {model: Counter() for model in MODELS}
    for row in shop.rows["sold_credits"]:
        for model in MODELS:
            sums[model][row["order_id"]] += row["sign"] * row[model]

    assert all(each == WHOLE_CREDIT for of in sums.values() for each in of.values())


def _visit(minute: int, name: str = "1", **more: Any) -> dict[str, Any]:
    return {"visit": name, "who": "a", "time": BEGIN + minute * MINUTE, "ad": "tv", **more}


def _order(name: str, minute: int, **more: Any) -> dict[str, Any]:
    time = BEGIN + minute * MINUTE
    return {"order_id": name, "who": "a", "paid_at": time, "item": None, "units": 1, **more}


@pytest.mark.parametrize(("minute", "visit"), [(-1, None), (0, "1"), (10, "1"), (11, None)])
def test_a_touch_counts_from_the_windows_length_before_to_the_time_itself(
    minute: int, visit: str | None
) -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([Message("orders", [_order("one", 10)]), Message("visits", [_visit(minute)])], 0)

    assert visit == shop.newest()["one"]["visit"]


def test_one_touch_leads_to_several_orders() -> None:
    with database() as connection:
        shop = Shop(connection)
        orders = [_order("one", 3), _order("two", 5), _order("of another", 5, who="b")]
        shop.take([Message("visits", [_visit(1)]), Message("orders", orders)], 0)

    assert {"one": "1", "two": "1", "of another": None} == {
        name: row["visit"] for name, row in shop.newest().items()
    }


def test_what_becomes_final_unchanged_is_told_without_changing_a_sum() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([Message("visits", [_visit(1)]), Message("orders", [_order("one", 3)])], None)
        (sold,) = shop.take([], BEGIN + 4 * MINUTE)
        told = [(row["sign"], row["is_final"]) for row in sold.events.to_pylist()]

    assert [(0, True)] == told


def test_rows_of_a_commit_without_events_have_a_greater_version() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([Message("orders", [_order("one", 3)])], None)
        shop.take([], BEGIN + 4 * MINUTE)

    assert [1, 2] == [row["row_version"] for row in shop.rows["sold"]]


def test_nothing_is_held_of_what_is_final() -> None:
    with database() as connection:
        shop = Shop(connection)
        shop.take([Message("visits", [_visit(1)]), Message("orders", [_order("one", 3)])], None)
        begin = shop.needed
        shop.take([], BEGIN + 20 * MINUTE)

    assert (0, None) == (begin, shop.needed)


def test_every_model_is_declared() -> None:
    assert set(get_args(Model)) == set(MODELS)
