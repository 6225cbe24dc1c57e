"""The truth about clicks and purchases, held against SQL and a watermark over the files written."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator.clicks.commands import main

ROOT = Path(__file__).parents[4]
#: A small world with many ties: few users, and clicks close to one another.
WORDS = (
    *("--clicks", "3000", "--purchases", "600", "--users", "40", "--products", "25"),
    *("--slice", "40", "--seed", "4", "--late", "0.05", "--lateness", "300"),
    *("--span", "1200"),
)
LATENESS = timedelta(minutes=5)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clicks")
    assert 0 == main([*WORDS, "--out", str(folder)])
    return folder


@pytest.fixture(autouse=True)
def put_back(signals_put_back: None, logs_put_back: None) -> None:
    """What a command changes of its process."""


def _truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth.csv").open() as file:
        return list(csv.DictReader(file))


def _heard(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(folder.glob("0*.csv")):
        with path.open() as file:
            for row in csv.DictReader(file):
                yield path.stem.partition("-")[2], row


def _select(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        for stream in ("users", "products", "clicks", "purchases"):
            files = str(folder / f"*-{stream}.csv")
            connection.read_csv(files, all_varchar=True).to_table(stream)
        return connection.execute(sql).fetchall()


def test_the_truth_is_that_of_a_join(world: Path) -> None:
    expected = _select(
        world,
        """
        WITH touched AS (
            SELECT purchase_id, click_id, click_time, source
            FROM purchases JOIN clicks ON purchases.user_id = clicks.user_id
            AND click_time::TIMESTAMP <= purchase_time::TIMESTAMP
            AND click_time::TIMESTAMP >= purchase_time::TIMESTAMP - INTERVAL 10 MINUTE
        ), found AS (
            SELECT purchase_id, count(*) AS touches, min((click_time, click_id)) AS first,
                max((click_time, click_id)) AS last,
                max((click_time, click_id)) FILTER (source <> 'Unknown') AS campaign
            FROM touched GROUP BY 1
        )
        SELECT purchase_id, coalesce(touches, 0)::VARCHAR, coalesce(first[2], ''),
            coalesce(last[2], ''), coalesce(campaign[2], last[2], '')
        FROM purchases LEFT JOIN found USING (purchase_id) ORDER BY 1
        """,
    )
    names = ("purchase_id", "touches", "first_touch", "last_touch", "last_non_direct")
    found = sorted(tuple(one[name] for name in names) for one in _truth(world))

    assert expected == found
    assert len({one[1] for one in found}) > 5
    assert any(one[2] and one[3] != one[4] for one in found)


def test_totals_and_profits_are_exact(world: Path) -> None:
    prices = {
        row["product_id"]: (Decimal(row["price"]), Decimal(row["commission_rate"]))
        for stream, row in _heard(world)
        if stream == "products"
    }
    expected = {}
    for stream, row in _heard(world):
        if stream == "purchases":
            price, rate = prices[row["product_id"]]
            goods = price * int(row["quantity"]) * (1 - Decimal(row["discount"]))
            expected[row["purchase_id"]] = (goods + Decimal(row["shipping_cost"]), goods * rate)
    found = {
        one["purchase_id"]: (Decimal(one["total"]), Decimal(one["profit"])) for one in _truth(world)
    }

    assert expected == found


def test_late_is_what_a_watermark_over_the_files_says(world: Path) -> None:
    newest: dict[str, datetime] = {}
    late: dict[str, set[str]] = {"clicks": set(), "purchases": set()}
    for stream, row in _heard(world):
        if stream in late:
            name = {"clicks": "click", "purchases": "purchase"}[stream]
            moment = datetime.fromisoformat(row[f"{name}_time"])
            if len(newest) == 2 and moment < min(newest.values()) - LATENESS:
                late[stream].add(row[f"{name}_id"])
            newest[stream] = max(moment, newest.get(stream, moment))
    summary = json.loads((world / "summary.json").read_bytes())
    truth = _truth(world)

    assert {one["purchase_id"] for one in truth if one["is_late"] == "1"} == late["purchases"]
    assert summary["late_clicks"] == len(late["clicks"]) > 50
    assert summary["late_purchases"] == len(late["purchases"]) > 10
    touched = sum(one["is_late"] == "1" or one["late_touches"] != "0" for one in truth)
    assert summary["affected"] == touched


def test_every_row_refers_to_a_user_and_a_product(world: Path) -> None:
    strangers = _select(
        world,
        """
        SELECT user_id FROM (SELECT user_id FROM clicks UNION ALL SELECT user_id FROM purchases)
        WHERE user_id NOT IN (SELECT user_id FROM users)
        UNION ALL SELECT product_id FROM purchases
        WHERE product_id NOT IN (SELECT product_id FROM products)
        """,
    )
    numbers = _select(
        world,
        "SELECT count(DISTINCT click_id), (SELECT count(DISTINCT purchase_id) FROM purchases),"
        " count(*) FROM clicks",
    )

    assert [] == strangers
    assert [(3_000, 600, 3_000)] == numbers


def test_shares_are_near_what_was_asked_for(world: Path) -> None:
    ((failed, unattributed),) = _select(
        world,
        "SELECT avg((payment_status = 'failure')::INT), avg((user_id::INT > 36)::INT)"
        " FROM purchases WHERE (description IS NULL) = (payment_status = 'success')",
    )
    summary = json.loads((world / "summary.json").read_bytes())

    assert 0.07 == pytest.approx(failed, abs=0.03)
    assert 0.3 == pytest.approx(unattributed, abs=0.06)
    assert 0.9 == pytest.approx(summary["out_of_order"], abs=0.1)


def test_the_same_seed_is_the_same_bytes_in_every_process(world: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "generator", "clicks", *WORDS, "--out", str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        cwd=ROOT,
        check=True,
        timeout=60,
    )

    assert _digests(world) == _digests(tmp_path)


def test_what_closes_is_after_everything_else(tmp_path: Path) -> None:
    assert 0 == main([*WORDS, "--closing", "--out", str(tmp_path)])
    *before, click, purchase = [
        (stream, row) for stream, row in _heard(tmp_path) if stream in ("clicks", "purchases")
    ]
    newest = max(row.get("click_time") or row["purchase_time"] for _, row in before)

    assert (("clicks", "0"), ("purchases", "0")) == (
        (click[0], click[1]["user_id"]),
        (purchase[0], purchase[1]["user_id"]),
    )
    final = datetime.fromisoformat(purchase[1]["purchase_time"]) - LATENESS
    assert final > datetime.fromisoformat(newest) + timedelta(minutes=10)
    assert len(before) == len(_truth(tmp_path)) + 3_000


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
