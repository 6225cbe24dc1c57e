"""The log of the receipts in one, three and two partitions, one after the other, under load."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import httpx
import pika
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from analytics.ledger.ledger_file import Ledger, Progress
from events.receipts.receipts_state import receipts_progress_of
from persistence.backup.log import dump, ends, messages_of
from tests.support.books import Books
from tests.support.commands import command
from tests.support.event_streams import OF_RECEIPTS
from tests.support.processes import killed, running, running_door
from tests.support.receipts import encoded, receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.marks import Mark
from tillstream.log.partitioned_log import prepare, receipts_log
from tillstream.runtime.data_folder import LEDGER

JSON = pika.BasicProperties(content_type="application/json", delivery_mode=2)
STORES = 12
BATCH = 36
#: Batches with one number of partitions, and the last of them, which no worker that runs counts.
BATCHES, UNCOUNTED = 6, 2


class Sent(NamedTuple):
    """What was accepted: new receipts, the same ones again, and others of a known identity."""

    new: list[dict[str, Any]]
    again: list[dict[str, Any]]
    other: list[dict[str, Any]]


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"STREAMS_DIR": str(OF_RECEIPTS)}


def send(doors: Sequence[str], receipts: list[dict[str, Any]]) -> None:
    """In batches of all stores, to each door in turn."""
    for begin, door in zip(range(0, len(receipts), BATCH), cycle(doors)):
        body = b"\n".join(map(encoded, receipts[begin : begin + BATCH]))
        headers = {"Content-Type": "application/x-ndjson"}
        answer = httpx.post(f"{door}/receipts", content=body, headers=headers, timeout=30)
        assert 202 == answer.status_code, answer.text


def progress(data_dir: Path) -> Progress:
    with Ledger(data_dir / LEDGER) as ledger:
        return ledger.progress()


def has_more(before: Progress, data_dir: Path) -> bool:
    return before != progress(data_dir)


def morning(number: int, earlier: list[dict[str, Any]]) -> Sent:
    """Receipts of all stores, with repetitions and conflicts of all mornings before."""
    new = [
        receipt(1_000 * number + each, cents=100 + each, storeID=1 + each % STORES)
        for each in range(BATCH * BATCHES)
    ]
    # Not the last of a batch: the door that took it may remember it.
    known = [one for one in (*earlier, *new) if one["cashReceiptID"] % 1_000 % BATCH < BATCH - 1]
    again = [*known[-UNCOUNTED * BATCH :: 5], *known[: -UNCOUNTED * BATCH : 17]]
    other = [one | {"agentID": 100 + number} for one in known[::13] if one not in again]
    return Sent(new, again, other)


def test_nothing_is_lost_or_doubled_while_the_number_of_partitions_changes(
    broker: BlockingConnection,
    environ: dict[str, str],
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
) -> None:
    earlier: list[dict[str, Any]] = []
    sent: list[Sent] = []
    for number, partitions in enumerate((1, 3, 2)):
        settings = environ | {"LOG_PARTITIONS": str(partitions)}
        these = morning(number, earlier)
        with ExitStack() as opened:
            count = 2 if partitions > 2 else 1
            doors = [opened.enter_context(running_door(amqp_url, **settings)) for _ in range(count)]
            send(doors, these.new[: BATCH * 2])
            before = progress(tmp_path)
            with killed("analytics", "totals", **settings):
                send(doors, these.new[BATCH * 2 : -UNCOUNTED * BATCH])
                wait_until(partial(has_more, before, tmp_path), 60, "more is counted")
            # Of these nothing is counted before the number has changed.
            send(doors, these.new[-UNCOUNTED * BATCH :])
            # The first of each identity was confirmed before: it is the first of all.
            send(doors, these.again)
            send(doors, these.other)
        earlier += these.new
        sent.append(these)
    receipts, again, other = (sum(len(each[i]) for each in sent) for i in range(3))
    expected = {
        "accepted": receipts + again + other,
        "stored": receipts,
        "counted": receipts,
        "duplicates": again,
        "conflicts": other,
        "dead_lettered": 0,
        "lost": 0,
        "double_counted": 0,
    }
    with (
        running("persistence", **settings) as lost,
        running("persistence", **settings),
        running("analytics", "totals", **settings),
        running("events", "worker", **settings),
        MongoClient[dict[str, Any]](mongo_url) as client,
    ):
        books = Books(
            "", client[mongo_database]["receipts"], settings, tmp_path, lambda _: _never()
        )
        wait_until(lambda: books.archive.count_documents({}) > 0, 60, "the archive has some")
        lost.kill()
        counted = books.figures()
        log = receipts_log(amqp_url)
        state = tmp_path / "events" / "state.sqlite3"
        lasts = log.last_offsets()
        ends = {number: last + 1 for number, last in lasts.items()}
        wait_until(lambda: ends == receipts_progress_of(state).next_offsets(), 60, "the windows")
        windows = command("events", "verify", **settings)
        recounted = books.command("recount")
        status, report = books.verify("--all")
        again_counted = (status, {name: report[name] for name in expected})

    assert (0, expected) == counted
    assert [0, 1, 2] == sorted(lasts)
    assert [3, 2] == [mark.partitions for mark in log.marks]
    assert 0 == windows.returncode, windows.stdout
    assert f"stream receipts: {receipts} events" in windows.stdout
    assert f"{again} duplicates, {other} conflicts" in windows.stdout
    assert 0 == recounted.returncode, recounted.stderr
    assert (0, expected) == again_counted
    # Whoever is bound to the public exchange, as the archive is, has each message once.
    with broker.channel() as channel:
        left = channel.queue_declare(topology.PERSISTENCE_QUEUE, passive=True)
    assert 0 == left.method.message_count


def test_a_log_made_anew_is_one_partition_and_a_mark(
    broker: BlockingConnection, environ: dict[str, str], amqp_url: str, tmp_path: Path
) -> None:
    settings = environ | {"LOG_PARTITIONS": "3"}
    prepare(amqp_url, 3)
    with broker.channel() as channel:
        channel.confirm_delivery()
        for number in range(9):
            body = stamped(receipt(number, storeID=number % 3))
            key = topology.routing_key(number % 3)
            channel.basic_publish(topology.RECEIPTS, key, body, JSON, mandatory=True)
    log = receipts_log(amqp_url)
    every = [one for some in log.read(Event(), log.last_offsets()) for one in some]
    saved = list(
        messages_of(tmp_path / "saved", dump(ends(amqp_url), tmp_path / "saved", Event()).parts)
    )
    rebuilt = command("persistence", "rebuild-log", **settings)
    after = receipts_log(amqp_url)
    recounted = command("analytics", "recount", **settings)

    assert 9 == len({one.offset for one in every})
    assert every == saved
    assert "log: 9 receipts" in rebuilt.stdout, rebuilt
    assert ([0, 1, 2], [0]) == (sorted(after.parts), sorted(after.last_offsets()))
    assert [Mark(3, {0: after.last_offsets()[0] + 1})] == list(after.marks)
    assert "counted 9 receipts" in recounted.stdout, recounted


def _never() -> Any:
    raise AssertionError("no snapshot is waited for")
