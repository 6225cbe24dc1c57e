"""Messages of the shop: what they name was sent before; the same seed is the same bytes."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator.online.commands import main
from generator.online.entities import MIX, STREAMS, Entities

ROOT = Path(__file__).parents[4]
COUNT = 25_000
WORDS = ("--count", str(COUNT), "--customers", "300", "--products", "60", "--seed", "5")
#: The field that names a message, of each stream.
IDS = {
    "transactions": "transaction_id",
    "product_views": "view_id",
    "user_interactions": "interaction_id",
    "system_logs": "log_id",
}


@pytest.fixture(autouse=True)
def put_back(signals_put_back: None, logs_put_back: None) -> None:
    """What a command changes of its process."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("online")
    assert 0 == main([*WORDS, "--out", str(folder)])
    return folder


def _rows(folder: Path, stream: str) -> Iterator[dict[str, Any]]:
    for line in (folder / f"{stream}.ndjson").read_bytes().splitlines():
        yield json.loads(line)


def test_all_are_written_in_their_shares(folder: Path) -> None:
    found = Counter({stream: sum(1 for _ in _rows(folder, stream)) for stream in STREAMS})

    assert COUNT == found.total()
    for stream, share in zip(STREAMS, MIX, strict=True):
        assert COUNT * share / sum(MIX) == pytest.approx(found[stream], rel=0.15)


def test_what_a_message_names_was_sent(folder: Path) -> None:
    customers = {row["customer_id"] for row in _rows(folder, "customers")}
    products = {row["product_id"] for row in _rows(folder, "products")}

    assert (300, 60) == (len(customers), len(products))
    for stream, id_ in IDS.items():
        rows = list(_rows(folder, stream))
        assert len(rows) == len({row[id_] for row in rows})
        if stream != "system_logs":
            assert {row["customer_id"] for row in rows} <= customers
            assert {row["product_id"] for row in rows} <= products


@pytest.mark.parametrize("step", [1, 7, 400])
def test_what_a_message_names_was_sent_before_it(step: int) -> None:
    made = Entities(1, 0, 20, 10, MIX)
    known: dict[str, set[int]] = {"customers": set(), "products": set()}
    for first in range(0, 400, step):
        times = np.arange(first, first + step)
        moments = [
            (int(time), STREAMS.index(stream), stream, place, rows)
            for stream, rows in made.happen(times).items()
            for place, time in enumerate(rows.time)
        ]
        for _, _, stream, place, rows in sorted(moments, key=lambda one: one[:2]):
            if stream in known:
                column = rows.customer if stream == "customers" else rows.product
                known[stream].add(int(column[place]))
            else:
                assert int(rows.customer[place]) in known["customers"]
                assert int(rows.product[place]) in known["products"]


def test_a_review_has_its_words_and_a_wish_has_none(folder: Path) -> None:
    details: dict[str, set[object]] = {}
    for row in _rows(folder, "user_interactions"):
        details.setdefault(row["interaction_type"], set()).add(row["details"])

    assert {None} == details["wishlist_addition"]
    assert {"1", "2", "3", "4", "5"} == details["rating"]
    assert len(details["review"]) > 100
    assert all(isinstance(text, str) and " " in text for text in details["review"])


def test_values_are_those_of_the_shop(folder: Path) -> None:
    for row in _rows(folder, "products"):
        assert row["category"] in ("Electronics", "Books", "Clothing", "Home & Garden")
        assert 10 <= row["price"] <= 500
        assert 0 <= row["stock_quantity"] <= 100
        assert 1 <= row["rating"] <= 5
    for row in _rows(folder, "customers"):
        assert 18 <= row["age"] <= 70
        assert row["account_created"] < row["last_login"]
    statuses = Counter(row["status"] for row in _rows(folder, "transactions"))
    assert {"completed", "pending", "canceled"} == set(statuses)


def test_the_same_seed_is_the_same_bytes_in_every_process(folder: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "generator", "shop", *WORDS, "--out", str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=ROOT,
        check=True,
        timeout=60,
    )

    for stream in STREAMS:
        name = f"{stream}.ndjson"
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()


def test_another_start_has_other_messages_of_the_same_people(folder: Path, tmp_path: Path) -> None:
    assert 0 == main([*WORDS, "--start", "2026-03-11T08:00", "--out", str(tmp_path)])
    first, second = (
        {stream: {row[id_] for row in _rows(one, stream)} for stream, id_ in IDS.items()}
        for one in (folder, tmp_path)
    )

    assert all(first[stream].isdisjoint(second[stream]) for stream in IDS)
    people = ({row["email"] for row in _rows(one, "customers")} for one in (folder, tmp_path))
    assert next(people) == next(people)
