"""The worker on a real broker: each sale once, whatever is killed, repeated or broken."""

import dataclasses
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from connectors.mapping.documents import Fetch
from connectors.state import waiting
from connectors.state.state_file import State
from connectors.verifying.verifying import verify
from connectors.worker.asking import RefusedError, UnansweredError
from tests.integration.connectors.conftest import Shop
from tests.support.killed_connectors import StatesMapper
from tests.support.sale_states import figures_of, sold
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.identity import identity_of
from tillstream.log.partitioned_log import receipts_log
from tillstream.log.positions import partition_of
from tillstream.receipt_message import partition_of_store
from tillstream.runtime import broker as amqp

SALES = [
    {"sale": f"shop/{number}", "version": version, "documents": {f"order/{number}": cents}}
    for number, version, cents in ((1, 1, 500), (2, 1, 300), (1, 2, 700), (3, 1, 900), (2, 3, 100))
]
NEWEST = figures_of([sold(700), sold(100), sold(900)])


def killed(shop: Shop, step: int) -> int:
    """The exit status of a worker that kills itself before a step."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_connectors", str(step)],
        env={"AMQP_URL": shop.settings.amqp_url, "DATA_DIR": str(shop.settings.data_dir)},
        timeout=120,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("step", [2, 4, 5, 6, 7])
def test_a_kill_before_any_step_neither_loses_a_sale_nor_counts_it_twice(
    shop: Shop, step: int
) -> None:
    shop.deliver(*SALES)

    assert -signal.SIGKILL == killed(shop, step)

    with shop.working() as taken:
        taken(len(SALES))

    assert figures_of(shop.receipts()) == NEWEST
    # Published twice only where the kill came between the confirm and the deletion.
    assert (len(shop.lines()) > len(shop.receipts())) == (step == 7)


def test_orders_and_repetitions_change_nothing_and_a_poisoned_delivery_stops_none(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the bound leaves no room for is read from the log for a retry.
    monkeypatch.setattr(waiting, "MOST_BYTES", 0)
    poison = {"sale": "shop/poison", "version": 1, "documents": {"order/9": 5}}
    broken = {"sale": "shop/8", "version": 1, "documents": {"order/8": 5}} | {
        "changes": [{"key": "order/8", "fields": {"storeID": ""}}]
    }
    deliveries: list[dict[str, Any] | bytes] = [SALES[4], SALES[2], b"no JSON", broken, poison]
    deliveries += [*SALES, *SALES[::-1]]
    shop.deliver(*deliveries)
    with shop.working() as taken:
        taken(len(deliveries))
        with State(shop.state_path) as state:
            aside = state.waiting.of_kind("aside")

        assert figures_of(shop.receipts()) == NEWEST
        assert not any(one.has_body for one in aside)
        assert [2, 3, 4] == [one.log_offset for one in aside]
        assert ["mapping", "contract", "sale.store"] == [one.reason.rule for one in aside]
        assert ("$.storeID", "shop/8") == (aside[1].reason.path, aside[1].sale)

        # The next whole delivery of a sale heals it; a mended definition, what is asked for.
        shop.deliver({"sale": "shop/8", "version": 2, "documents": {"order/8": 40}})
        with State(shop.state_path) as state:
            assert 3 == state.waiting.ask_retry("shop")
        wait_until(lambda: shop.counters().get("healed") == 2, 60, "two healed")
        taken(len(deliveries) + 1)

    proof = verify(shop.settings, StatesMapper(), threading.Event())

    assert ([], True, 2) == (proof["differences"], proof["sumsCompared"], proof["unmapped"])

    counters = shop.counters()
    receipts = shop.receipts()

    assert figures_of(receipts) == figures_of([sold(700), sold(100), sold(900), sold(40), sold(5)])
    assert (3, len(receipts)) == (counters["set aside"], counters["receipts"])
    for one in shop.lines():
        identity_of(decode_receipt(one))


def test_a_delivery_that_only_names_a_sale_waits_for_the_vendor_and_no_other_waits_for_it(
    shop: Shop,
) -> None:
    asked: list[str] = []

    def ask(fetch: Fetch, timeout_seconds: float) -> bytes:
        asked.append(fetch.url)
        if fetch.url == "gone":
            raise RefusedError("gone answers 404")
        if len(asked) < 3:
            raise UnansweredError("busy")
        return b'{"sale": "shop/7", "version": 1, "documents": {"order/7": 800}}'

    shop.deliver({"fetch": "orders/7"}, SALES[0], {"fetch": "gone"})
    with shop.working(ask=ask) as taken:
        taken(3)
        with State(shop.state_path) as state:
            wait_until(lambda: not state.waiting.count("fetch"), 60, "answers")
            [aside] = state.waiting.of_kind("aside")
        taken(3)

    assert figures_of(shop.receipts()) == figures_of([sold(500), sold(800)])
    assert ("fetch", "gone answers 404") == (aside.reason.rule, aside.reason.found)
    assert len(asked) >= 3

    proof = verify(shop.settings, StatesMapper(), threading.Event())

    assert ([], 1, 0, 1) == tuple(
        proof[name] for name in ("differences", "fetched", "unanswered", "unmapped")
    )

    with State(shop.state_path) as state:
        sale = state.sales.get("shop", "shop/7")
        sale.documents["order/7"].wanted = b"{}"
        state.sales.put("shop", "shop/7", 0, sale)
    [found] = verify(shop.settings, StatesMapper(), threading.Event())["differences"]

    assert ("newest version", "order/7") == (found["what"], found["document"])


def test_a_restored_state_reads_another_log_from_its_first_message_and_posts_nothing_again(
    shop: Shop,
) -> None:
    shop.deliver(*SALES)
    with shop.working() as taken:
        taken(len(SALES))
    before = len(shop.lines())
    shop.connection.channel().queue_delete(topology.DELIVERIES_LOG)
    amqp.declare_deliveries(shop.connection, shop.settings.deliveries_queue())

    # The vendor sends an old one again, and a newer version of another.
    newer = {"sale": "shop/2", "version": 9, "documents": {"order/2": 250}}
    shop.deliver(SALES[2], newer)
    with shop.working() as taken:
        taken(len(SALES) + 2)

    assert figures_of(shop.receipts()) == figures_of([sold(700), sold(250), sold(900)])
    assert before + 2 == len(shop.lines())


def test_each_store_has_its_partition_and_the_proof_reads_all_of_them(shop: Shop) -> None:
    settings = dataclasses.replace(shop.settings, log_partitions=3)
    stores = [f"store-{number}" for number in range(8)]
    shop.deliver(
        *(
            {"sale": store, "version": version, "documents": {store: 100 * version}}
            | {"changes": [{"key": store, "fields": {"storeID": store}}]}
            for version in (1, 2)
            for store in stores
        )
    )
    with shop._replace(settings=settings).working() as taken:
        taken(2 * len(stores))

    log = receipts_log(settings.amqp_url)
    found: dict[int, set[str]] = {}
    stop = threading.Event()
    for messages in log.read(stop, log.last_offsets(), log.first_offsets()):
        for one in messages:
            for line in receipt_bodies(one.body, one.content_type, one.content_encoding):
                part = partition_of(one.offset)
                found.setdefault(part, set()).add(str(decode_receipt(line).store_id))
    proof = verify(settings, StatesMapper(), stop)

    assert 3 == len(found)
    assert all(
        {number} == {partition_of_store(store, 3) for store in some}
        for number, some in found.items()
    )
    assert ([], True, 16) == (proof["differences"], proof["sumsCompared"], proof["deliveries"])
