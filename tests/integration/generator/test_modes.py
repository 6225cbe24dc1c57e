"""The modes of the generator from their start to their end: at a door, a broker, a file."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.fake_door import FakeDoor, accept
from tests.support.generator_command import Generator
from tillstream import topology
from tillstream.codec import decode_message
from tillstream.money import minor_units
from tillstream.receipt import Receipt, receipt_key


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_batches_arrive_whole_and_in_their_size(door: FakeDoor, generator: Generator) -> None:
    run = generator.run("burst", "--count", "250", "--batch", "100", "--to", door.url)

    assert (0, 250, {}, 0, 0) == run.fates
    assert ([50, 100, 100], door.gross()) == (
        sorted(door.batches),
        run.summary["accepted_gross_minor"],
    )


@pytest.mark.parametrize("named", [100, 3])
def test_each_receipt_of_a_batch_has_its_own_fate(
    door: FakeDoor, generator: Generator, named: int
) -> None:
    def answers(attempt: int, receipt: Receipt) -> web.Response:
        odd = isinstance(receipt.cash_receipt_id, int) and receipt.cash_receipt_id % 2
        return web.Response(status=422) if odd else accept(attempt, receipt)

    door.answers, door.named = answers, named
    run = generator.run(
        "burst", "--count", "200", "--stores", "3", "--batch", "50", "--to", door.url
    )
    accepted = len(door.accepted)

    assert (1, accepted, {"422": 200 - accepted}, 0, 0) == run.fates
    assert door.gross() == run.summary["accepted_gross_minor"]


def test_a_mess_says_what_has_to_be_counted(
    door: FakeDoor, other_door: FakeDoor, tmp_path: Path
) -> None:
    started = []
    # Side by side: each takes the ten seconds that duplicates are late.
    for batch, to in (("1", door), ("20", other_door)):
        (tmp_path / batch).mkdir()
        generator = Generator(tmp_path / batch)
        process = generator.start(
            *("mess", "--rate", "500", "--count", "400", "--silence", "1"),
            *("--garbage", "0.1", "--duplicate", "0.1", "--late", "0.1", "--wrong-total", "0.1"),
            *("--batch", batch, "--to", to.url),
        )
        started.append((generator, process, to))
    for generator, process, to in started:
        run = generator.end(process)
        summary = run.summary
        counted = (run.status, summary["counted"], summary["accepted_gross_minor"])

        assert (0, 400, to.gross()) == counted
        assert 400 == len(to.accepted)
        assert summary["faults"]["garbage"]["sent"] == sum(summary["refused"].values()) > 10


def test_a_day_goes_by_at_its_speed(door: FakeDoor, generator: Generator) -> None:
    run = generator.run(
        *("day", "--date", "2026-03-10", "--count", "300", "--speed", "86400"),
        *("--to", door.url),
    )

    assert (0, 300, {}, 0, 0) == run.fates
    assert {"2026-03-10": {"count": 300, "gross_minor": door.gross()}} == run.summary["by_day"]
    assert 0.9 <= run.summary["seconds"] < 20


def test_a_replay_sends_the_same_bytes_again_and_renumbered_others(
    door: FakeDoor, generator: Generator, tmp_path: Path
) -> None:
    first, again = tmp_path / "first.ndjson", tmp_path / "again.ndjson"
    made = generator.run("day", "--count", "100", "--to", "file", str(first))
    generator.run("replay", str(first), "--to", "file", str(again))
    for options in ([], ["--renumber"]):
        run = generator.run("replay", str(first), "--speed", "1000000", "--to", door.url, *options)

        assert (0, 100) == (run.status, run.summary["accepted"])
        assert made.summary["by_category"] == run.summary["by_category"]

    assert first.read_bytes() == again.read_bytes()
    assert 200 == len(door.accepted)


def test_what_cannot_be_read_is_counted_and_fails_the_run(
    generator: Generator, tmp_path: Path
) -> None:
    file, copy = tmp_path / "receipts.ndjson", tmp_path / "copy.ndjson"
    generator.run("burst", "--count", "5", "--to", "file", str(file))
    file.write_bytes(b"no receipt\n" + file.read_bytes())
    run = generator.run("replay", str(file), "--to", "file", str(copy))

    assert (1, 5, 1) == (run.status, run.summary["accepted"], run.summary["unreadable"])


@pytest.mark.parametrize("mode", ["burst", "day", "mess"])
def test_the_same_seed_and_start_give_the_same_bytes(
    generator: Generator, tmp_path: Path, mode: str
) -> None:
    same = [mode, "--count", "500", "--start", "2026-03-10T08:00", "--to", "file"]
    file = tmp_path / "receipts.ndjson"
    made = []
    for seed in ("7", "7", "8"):
        run = generator.run(*same, str(file), "--seed", seed)
        made.append((run.status, file.read_bytes()))

    assert made[0] == made[1] != made[2]
    assert 0 == made[0][0]
    assert 500 <= made[0][1].count(b"\n")


def test_what_is_published_is_stamped_and_counted_as_from_the_door(
    broker: BlockingConnection, amqp_url: str, generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "AMQP_URL", amqp_url)
    run = generator.run("burst", "--count", "1200", "--to", "amqp")
    channel = broker.channel()
    receipts = {}
    while True:
        method, properties, body = channel.basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True)
        if method is None:
            break

        assert 2 == properties.delivery_mode
        for receipt in decode_message(body, properties.content_type):
            receipts[receipt_key(receipt)] = receipt
    gross = sum(minor_units(one.document_total.gross_total) for one in receipts.values())

    assert (0, 1200, {}, 0, 0) == run.fates
    assert (1200, run.summary["accepted_gross_minor"]) == (len(receipts), gross)
    assert 0 < min(one.received_time for one in receipts.values())


def test_without_a_broker_the_run_says_what_is_missing(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "AMQP_URL", "")
    run = generator.run("burst", "--to", "amqp")

    assert (78, "error: AMQP_URL is not set; --to amqp needs it") == (
        run.status,
        run.err.splitlines()[-1],
    )
