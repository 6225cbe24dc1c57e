"""A damaged document of MongoDB ends no export: each format names it, and has all others."""

import csv
import io
import json
from typing import Any

import httpx
import pyarrow.parquet
import pytest
from pymongo.database import Database

from tests.integration.persistence.api.conftest import Store
from tests.support.receipts import receipt

SOUND = [receipt(number, date=f"2026-11-21 08:00:{number:02d}") for number in range(20)]
DAMAGES: list[dict[str, Any]] = [
    {"$unset": {"lines": 1, "raw": 1}},
    {"$set": {"lines": "x", "raw": "{}"}},
    {"$set": {"grossMinor": "x"}},
    {"$set": {"date": None}},
    {"$set": {"payments": [None], "raw": 5}},
]


@pytest.fixture(scope="module")
def damaged(store: Store, database: Database[dict[str, Any]]) -> set[str]:
    """Keys of the damaged ones, in the midst of sound ones."""
    store(SOUND)
    keys = [each["_id"] for each in database.receipts.find(sort={"_id": 1}, skip=7, limit=5)]
    # As a disk damages them: nothing asks the validator.
    database.command("collMod", "receipts", validationLevel="off")
    for key, damage in zip(keys, DAMAGES, strict=True):
        database.receipts.update_one({"_id": key}, damage)
    return set(keys)


def export(api: httpx.Client, kind: str) -> bytes:
    answer = api.get("/export", params={"format": kind})
    assert 200 == answer.status_code, answer.text
    return answer.content


def test_ndjson_names_what_it_left_out_in_its_place(api: httpx.Client, damaged: set[str]) -> None:
    lines = [json.loads(line) for line in export(api, "ndjson").splitlines()]

    assert len(SOUND) == len({line["key"] for line in lines})
    assert damaged == {line["key"] for line in lines if "leftOut" in line}
    assert all(line["leftOut"] for line in lines if line["key"] in damaged)


def test_csv_names_what_it_left_out_in_its_place(api: httpx.Client, damaged: set[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(export(api, "csv").decode("utf-8-sig"), newline="")))

    assert len(SOUND) == len({row["key"] for row in rows})
    assert damaged == {row["key"] for row in rows if row["store"].startswith("left out: ")}
    assert damaged == {row["key"] for row in rows if not row["gross"]}


def test_parquet_names_what_it_left_out_in_its_metadata(
    api: httpx.Client, damaged: set[str]
) -> None:
    file = pyarrow.parquet.ParquetFile(io.BytesIO(export(api, "parquet")))
    carried = set(file.read().column("key").to_pylist())
    left_out = json.loads(file.metadata.metadata[b"leftOut"])

    assert len(SOUND) - len(left_out) == len(carried)
    assert len(damaged) == len(left_out)
    assert all(any(f"receipt {key} " in reason for reason in left_out) for key in damaged)
    assert not damaged & carried
