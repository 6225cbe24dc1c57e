"""Windows of receipts, counted by a worker that is killed, are what SQL over the archive says."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support import filled_archive
from tests.support.commands import command
from tests.support.event_streams import OF_RECEIPTS
from tests.support.filled_archive import Kept
from tests.support.persistence_room import publish
from tests.support.processes import running
from tests.support.receipts import line, receipt, stamped
from tests.support.waiting import wait_until
from tillstream import stores
from tillstream.runtime.settings import StoreTimeSettings

RECEIVED = 1_795_260_000.0
UUID = "0192d1a0-0000-7000-8000-000000000001"
SOLD = """
    SELECT epoch_us(date) - epoch_us(date) % 3600000000, store, agent, count(*), sum(gross)
    FROM receipts GROUP BY ALL ORDER BY ALL
"""
PRODUCTS = """
    SELECT epoch_us(date) - epoch_us(date) % 900000000, store, product, count(*), sum(quantity),
        sum(gross)
    FROM lines GROUP BY ALL ORDER BY ALL
"""
TENDERS = """
    SELECT epoch_us(date) - epoch_us(date) % 3600000000, store, mechanism, count(*), sum(amount)
    FROM payments GROUP BY ALL ORDER BY ALL
"""


@pytest.fixture
def zones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stores of other zones."""
    path = tmp_path / "stores.csv"
    path.write_text("storeID,zone,cutoffHour\n2,America/Lima,4\n3,Asia/Kathmandu,0\n")
    table = stores.load(StoreTimeSettings(stores_file=path))
    monkeypatch.setattr(filled_archive, "STORES", table)
    return path


@pytest.fixture
def kept(mongo_url: str, mongo_database: str, tmp_path: Path) -> Iterator[Kept]:
    found = Kept(mongo_url, mongo_database, tmp_path)
    yield found
    found.client.close()


@pytest.fixture
def environ(amqp_url: str, kept: Kept, zones: Path) -> dict[str, str]:
    return {
        **kept.environ,
        "AMQP_URL": amqp_url,
        "STREAMS_DIR": str(OF_RECEIPTS),
        "STORES_FILE": str(zones),
    }


def receipts() -> list[bytes]:
    """Of three zones: returns, voids, late ones, a client's UUID, duplicates and conflicts."""
    found: list[dict[str, Any]] = []
    for number in range(120):
        sign = -1 if number % 11 == 0 else 1
        lines = [
            line(sign * (number * 7 + 5), "Pain", 0.125 * (number % 9)),
            line(sign * 100, "Menu", -1) | {"productCode": number % 5, "lineNumber": 2},
        ]
        found.append(
            receipt(
                number,
                cents=sign * (number * 7 + 105),
                storeID=number % 4,
                agentID=None if number % 13 == 0 else number % 3,
                # Each tenth came a month late.
                date=f"2026-{10 if number % 10 == 0 else 11}-20 08:{number % 60:02d}:59.25",
                lines=lines,
                transactionType="void" if number % 17 == 0 else None,
                receiptUUID=UUID if number == 50 else None,
            )
        )
    duplicates = found[10:40]
    conflicts = [each | {"agentID": 99} for each in found[30:60]]
    return [stamped(each, RECEIVED) for each in [*found, *duplicates, *conflicts]]


def found(kept: Kept, window: str, *names: str) -> list[tuple[Any, ...]]:
    """The rows of MongoDB, in order."""
    rows = [
        (
            int(each["start"].timestamp()) * 1_000_000,
            *(value.to_decimal() if hasattr(value, "to_decimal") else value
              for value in (each[name] for name in names)),
        )
        for each in kept.database[f"windows_{window}"].find({})
    ]  # fmt: skip
    return sorted(rows, key=lambda row: tuple((value is None, value) for value in row))


def test_windows_of_receipts_are_those_of_sql_over_the_archive(
    broker: BlockingConnection, kept: Kept, environ: dict[str, str]
) -> None:
    bodies = receipts()
    kept.store(bodies)
    kept.export()
    parts = [bodies[:1], bodies[1:70], *([one] for one in bodies[70:80]), bodies[80:]]
    for number, part in enumerate(parts):
        if number % 5 == 0:
            worker = subprocess.Popen(
                [sys.executable, "-m", "events", "worker"], env=os.environ | environ
            )
            publish(broker, part)
            # Killed while it starts, counts, or waits: whenever that is.
            time.sleep(1.5 + number / 10)
            worker.kill()
            worker.wait(20)
        else:
            publish(broker, part)
    sold = kept.ask(SOLD)
    names = ("store", "agent", "receipts", "gross")
    with running("events", "worker", **environ):
        wait_until(lambda: found(kept, "sales_by_agent", *names) == sold, 60, "every receipt")
        products = kept.ask(PRODUCTS)
        wanted = ("store", "product", "lines", "quantity", "gross")
        wait_until(
            lambda: len(found(kept, "sales_by_quarter_hour", *wanted)) == len(products), 30, "lines"
        )

    assert kept.ask(PRODUCTS) == found(kept, "sales_by_quarter_hour", *wanted)
    assert kept.ask(TENDERS) == found(
        kept, "tenders_by_hour", "store", "mechanism", "payments", "amount"
    )
    proved = command("events", "verify", **environ)
    assert 0 == proved.returncode, proved.stdout
    assert "stream receipts: 120 events" in proved.stdout
    assert "30 duplicates, 30 conflicts" in proved.stdout
    recounted = command("events", "recount", **environ)
    assert "120 of receipts" in recounted.stdout
    again = command("events", "verify", **environ)
    assert 0 == again.returncode, again.stdout
