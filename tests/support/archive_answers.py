"""Everything that the archive's service can be asked, and what it says."""

import io
from datetime import date, timedelta
from typing import Any, get_args

import httpx
import pyarrow.parquet

from persistence.api.parameters import By


def answers(api: httpx.Client, first: date, border: date, days: int) -> dict[str, Any]:
    """What every endpoint says of days from `first` on, and around a `border`, by the question."""
    found: dict[str, Any] = {}
    week = {"from": str(first), "to": str(first + timedelta(7))}
    whole = {"from": str(first - timedelta(2)), "to": str(first + timedelta(days + 2))}
    times = {"from": f"{border}T05:30:00Z", "to": f"{border + timedelta(1)}T11:00:00+02:00"}
    some = {"store": ["1", "9", "a/b 'c'"]}
    pages: list[dict[str, Any]] = [
        {},
        some,
        {"store": "8"},
        {"store": "1", "till": "K-1"},
        times,
        times | some,
        week | {"category": "Thé 'vert'; \"bio\""},
        week | {"payment": "TR é", "min_total": "-12.50"},
        whole | some | {"category": "Pain", "payment": "CB", "min_total": "0.01"},
        {"to": str(border)},
        {"from": str(border), "store": "été"},
        {"from": "1900-01-01", "to": "1900-02-01"},
    ]
    for question in pages:
        for order in ("date", "-date"):
            for limit in (7, 500) if question in (some, week) else (97,):
                asked = question | {"sort": order, "limit": limit}
                found[f"receipts {asked}"] = paged(api, asked)
    for by in get_args(By):
        for question in (whole, whole | some, week | {"store": "9"}):
            asked = question | {"by": by}
            found[f"sales {asked}"] = api.get("/sales", params=asked).raise_for_status().json()
    exports: list[dict[str, Any]] = [{}, whole, some, times, {"store": "9"}, week]
    for question in exports:
        for form in ("csv", "ndjson"):
            asked = question | {"format": form}
            found[f"export {asked}"] = api.get("/export", params=asked).raise_for_status().text
        file = api.get("/export", params=question | {"format": "parquet"}).raise_for_status()
        table = pyarrow.parquet.read_table(io.BytesIO(file.content))
        found[f"export {question}"] = table.to_pylist()
    return found


def paged(api: httpx.Client, question: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("/receipts", params=question).raise_for_status().json()
        found += page["items"]
        if page["next"] is None:
            return found
        assert len(page["items"]) == question["limit"]
        question = question | {"cursor": page["next"]}


def without_raw(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "raw"}
