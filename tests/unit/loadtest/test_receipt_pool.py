"""Laws of the supply: receipts of the generator, dated when they are posted, none twice."""

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from loadtest import system_reader
from loadtest.receipt_pool import ReceiptPool, posting
from local import addresses
from tests.support.receipts import encoded, receipt

PARIS = ZoneInfo("Europe/Paris")


@given(st.integers(-100_000, 100_000), st.integers(0, 2**31))
def test_only_the_date_changes_and_the_gross_is_what_it_says(cents: int, second: int) -> None:
    sold = datetime.fromtimestamp(second, PARIS)
    fields = receipt(1, cents=cents)
    posted = posting(encoded(fields), sold)
    expected = fields | {"date": sold.strftime("%Y-%m-%d %H:%M:%S")}

    assert (expected, cents) == (json.loads(posted.body), posted.gross)


def numbers(bodies: Iterable[bytes]) -> list[tuple[int, int, int]]:
    """Store, till and number of each receipt."""
    receipts = map(json.loads, bodies)
    return [(one["storeID"], one["terminalID"], one["cashReceiptID"]) for one in receipts]


def test_no_receipt_comes_twice_and_none_is_left_out(tmp_path: Path) -> None:
    taken: list[tuple[int, int, int]] = []
    for count in (60, 10, 50):
        supply = ReceiptPool(tmp_path, PARIS, chunk=50)
        with ThreadPoolExecutor(8) as tills:
            postings = tills.map(lambda _: supply.take(), range(count))  # noqa: B023
        taken += numbers(posting.body for posting in postings)
        supply.close()
    taken += numbers((tmp_path / "generator" / "unsent.ndjson").read_bytes().splitlines())
    each = Counter((store, till) for store, till, _ in taken)
    expected = {(*till, number) for till, count in each.items() for number in range(1, count + 1)}

    assert sorted(expected) == sorted(taken)


def test_the_servers_of_a_local_run_are_found_by_their_addresses(tmp_path: Path) -> None:
    there = dict.fromkeys(addresses.NAMES, "") | {
        "AMQP_URL": "amqp://me:it's@127.0.0.1:1234/",
        "MONGO_URL": "mongodb://127.0.0.1:5678/?replicaSet=rs0",
    }
    addresses.write_addresses(tmp_path, there)
    found = system_reader.urls({"DATA_DIR": str(tmp_path)})

    assert found == (there["AMQP_URL"], there["MONGO_URL"])


def test_given_servers_come_first(tmp_path: Path) -> None:
    given_ones = {"AMQP_URL": "amqp://a", "MONGO_URL": "mongodb://b", "DATA_DIR": str(tmp_path)}

    assert ("amqp://a", "mongodb://b") == system_reader.urls(given_ones)
