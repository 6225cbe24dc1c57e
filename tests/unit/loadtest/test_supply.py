"""Laws of the supply: receipts of the generator, dated when they are posted, none twice."""

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from loadtest import witnesses
from loadtest.supply import Supply, posting
from tests.receipts import encoded, receipt

PARIS = ZoneInfo("Europe/Paris")


@given(st.integers(-100_000, 100_000), st.integers(0, 2**31))
def test_only_the_date_changes_and_the_gross_is_what_it_says(cents: int, second: int) -> None:
    sold = datetime.fromtimestamp(second, PARIS)
    fields = receipt(1, cents=cents)
    posted = posting(encoded(fields), sold)
    expected = fields | {"date": sold.strftime("%Y-%m-%d %H:%M:%S")}

    assert (expected, cents) == (json.loads(posted.body), posted.gross)


def test_no_receipt_comes_twice(tmp_path: Path) -> None:
    supply = Supply(tmp_path, PARIS, chunk=50)
    taken = [json.loads(supply.take().body) for _ in range(120)]
    keys = {(one["storeID"], one["terminalID"], one["cashReceiptID"]) for one in taken}

    assert 120 == len(keys)


def test_the_servers_of_a_local_run_are_found_by_their_ports(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"amqp": 1234, "mongo": 5678}')
    found = witnesses.urls({"DATA_DIR": str(tmp_path)})

    assert found == (
        "amqp://guest:guest@127.0.0.1:1234/",
        "mongodb://127.0.0.1:5678/?replicaSet=rs0",
    )


def test_given_servers_come_first(tmp_path: Path) -> None:
    given_ones = {"AMQP_URL": "amqp://a", "MONGO_URL": "mongodb://b", "DATA_DIR": str(tmp_path)}

    assert ("amqp://a", "mongodb://b") == witnesses.urls(given_ones)
