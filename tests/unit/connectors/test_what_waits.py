"""What waits is bounded, told, and mapped again when somebody asks; old sales are forgotten."""

import argparse
import json
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.commands import retry_command, status_command
from connectors.settings import ConnectorsSettings
from connectors.state import waiting
from connectors.state.state_file import State
from connectors.worker.applying import Applying
from connectors.worker.contract import Contract
from connectors.worker.retrying import Retrying
from connectors.worker.taking import Taking
from tests.support.killed_connectors import StatesMapper
from tillstream import stores
from tillstream.log.reader import LogMessage
from tillstream.receivers.delivery import Delivery, message_headers

AMQP_URL = "amqp://nobody:nothing@localhost:1/"
#: 2026-11-21 12:00 UTC.
RECEIVED_US = 1_795_262_400_000_000
DAY_US = 24 * 3600 * 1_000_000
SALES_DAYS = 10
FIRST = date(2026, 11, 21)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    with State(tmp_path / "connectors.sqlite3") as state:
        yield state


def taking(state: State, mapper: StatesMapper | None = None) -> Taking:
    settings = ConnectorsSettings(amqp_url=AMQP_URL)
    contract = Contract(stores.load(settings), settings)
    applying = Applying(state, contract, SALES_DAYS)
    return Taking(state, mapper or StatesMapper(), applying, SALES_DAYS)


def message(offset: int, said: dict[str, Any], days_later: int = 0) -> LogMessage:
    received_us = RECEIVED_US + days_later * DAY_US + offset
    body = json.dumps(said).encode()
    delivery = Delivery("shop", "orders/updated", str(offset), "", received_us, body)
    return LogMessage(offset, body, None, None, headers=message_headers(delivery))


def poisoned(offset: int) -> LogMessage:
    return message(offset, {"sale": "shop/poison", "version": offset + 1, "documents": {"o": 5}})


def good(
    offset: int, sale: str = "shop/1", *, version: int = 1, day: int = 0, came: int | None = None
) -> LogMessage:
    """A sale of a day, counted from 2026-11-21, that came on that one or another."""
    moment = f"{FIRST + timedelta(days=day)} 08:00:01"
    changes = [{"key": sale, "fields": {"date": moment}}]
    said = {"sale": sale, "version": version, "documents": {sale: 500}, "changes": changes}
    return message(offset, said, day if came is None else came)


def test_beyond_the_bounds_the_log_keeps_the_bodies_and_the_oldest_are_dropped_and_counted(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_ASIDE", 2)
    monkeypatch.setattr(waiting, "MOST_BYTES", 1)

    taking(state).take([poisoned(offset) for offset in range(4)])

    aside = state.waiting.of_kind("aside")

    assert [2, 3] == [one.log_offset for one in aside]
    assert not any(one.has_body for one in aside)
    counters = state.counters.all()["shop"]
    assert (4, 2) == (counters["set aside"], counters["dropped"])


def test_a_sale_is_known_for_its_days_and_what_comes_of_it_later_is_not_counted_twice(
    state: State,
) -> None:
    worker = taking(state)
    worker.take([good(0)])
    worker.take([good(1, "shop/2", day=SALES_DAYS + 1)])

    assert state.sales.get("shop", "shop/1").documents

    worker.take([good(2, "shop/3", day=SALES_DAYS + 2)])
    worker.take([good(3, version=2, came=SALES_DAYS + 2)])
    [aside] = state.waiting.of_kind("aside")

    assert not state.sales.get("shop", "shop/1").documents
    assert ("too late", "shop/1") == (aside.reason.rule, aside.sale)
    assert 3 == state.outbox.count()


def test_status_names_what_is_set_aside_and_how_to_mend_it(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    taking(state).take([good(0), poisoned(1)])

    as_text = status_command.run(argparse.Namespace(json=False))
    text = capsys.readouterr().out
    as_json = status_command.run(argparse.Namespace(json=True))
    told = json.loads(capsys.readouterr().out)

    assert (1, 1, 1) == (as_text, as_json, told["asideTotal"])
    assert "sale.store $.location: no store is 7\n    add it to the table" in text
    shop = told["receivers"]["shop"]
    assert (2, 1, 1) == (shop["taken"], shop["receipts"], shop["set aside"])
    assert told["aside"][0]["mend"] == "add it to the table"


def test_retry_waits_for_the_worker_that_maps_again(
    state: State, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taking(state).take([poisoned(0), poisoned(1)])
    capsys.readouterr()
    over = threading.Event()

    def work() -> None:
        mapper = StatesMapper()
        with State(tmp_path / "connectors.sqlite3") as mine:
            retrying = Retrying(mine, mapper, taking(mine, mapper), AMQP_URL)
            while not over.wait(0.01):
                retrying.turn()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        status = retry_command.run(argparse.Namespace(name="shop", json=False))
    finally:
        over.set()
        thread.join(30)

    assert (0, "2 mapped again, 0 are set aside\n") == (status, capsys.readouterr().out)
    # The second says what the first has posted.
    assert 1 == state.outbox.count()


def test_retry_says_that_no_worker_runs(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(retry_command, "WAIT_SECONDS", 0.0)
    taking(state).take([poisoned(0)])
    capsys.readouterr()

    status = retry_command.run(argparse.Namespace(name="shop", json=False))

    told = "1 of 1 wait for the worker: it takes them as soon as it runs\n"
    assert (1, told) == (status, capsys.readouterr().out)
