"""A robot's key: very many touches and conversions within one window."""

import tracemalloc
from collections import Counter

from events.attribution.crediting import MOST_TOUCHES
from tests.support.attributed import BEGIN, WINDOW, Message, Shop, database
from tillstream.streams.changes import WHOLE_CREDIT

VISITS, ORDERS = 20_000, 500
MOST_MIB = 400


def test_memory_is_bounded_and_the_first_visit_and_all_credit_are_right() -> None:
    visits = [
        {"visit": f"{number:05}", "who": "robot", "time": BEGIN + number, "ad": "tv"}
        for number in range(VISITS)
    ]
    orders = [
        {"order_id": f"{number}", "who": "robot", "paid_at": BEGIN + WINDOW, "units": 1}
        for number in range(ORDERS)
    ]
    with database() as connection:
        shop = Shop(connection)
        messages = [Message("visits", visits), Message("orders", orders)]
        tracemalloc.start()
        shop.take(messages, None)
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
    newest = shop.newest().values()
    sums: Counter[str] = Counter()
    for row in shop.rows["sold_credits"]:
        sums[row["order_id"]] += row["time_decay"]

    assert VISITS > MOST_TOUCHES
    assert peak < MOST_MIB
    assert [("00000", VISITS)] * ORDERS == [(row["visit"], row["touches"]) for row in newest]
    assert [WHOLE_CREDIT] * ORDERS == list(sums.values())
