"""The whole system, started once for all cases, and what each of its outputs has of a store."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow.parquet
import pytest

from loadtest.bench.private import System, running_system
from tests.cases.pending import PENDING
from tests.cases.table import CASES, Days, Post
from tests.conftest import missing
from tests.support.waiting import wait_until
from tillstream.errors import ServerNotReadyError

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for a mend has to fail until it comes."""
    for item in items:
        if item.path.parent == HERE and item.name in PENDING:
            item.add_marker(pytest.mark.xfail(strict=True))


TYPES = {
    ".json": ("application/json", "/receipt"),
    ".ndjson": ("application/x-ndjson", "/receipts"),
    ".csv": ("text/csv", "/receipts"),
    ".xml": ("application/xml", "/receipt"),
    ".form": ("application/x-www-form-urlencoded", "/receipt"),
}
COMMAND_SECONDS = 120


class Whole:
    """A running system, asked as its users ask it."""

    def __init__(self, system: System, door: httpx.Client, archive: httpx.Client) -> None:
        self.system = system
        self.door = door
        self.archive = archive
        self.before = system.pids()

    def post(self, post: Post) -> httpx.Response:
        """Send an input as its ending says."""
        name = post.file.removesuffix(".gz")
        media_type, path = TYPES[Path(name).suffix]
        headers = {"Content-Type": media_type}
        if name != post.file:
            headers["Content-Encoding"] = "gzip"
        body = (HERE / "inputs" / post.file).read_bytes()
        return self.door.post(path, content=body, headers=headers)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m ...` with the settings of the system."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.system.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def books(self, store: str) -> dict[str, Days]:
        """Receipts and cents of a store by business day, as each output has them."""
        listed = self.archive.get("/receipts", params={"store": store, "limit": "500"})
        listed.raise_for_status()
        items = listed.json()["items"]
        days = {item["businessDay"] for item in items}
        return {
            "ledger": self._ledger(store),
            "receipts": _by_day((item["businessDay"], item["grossMinor"]) for item in items),
            "sales": self._sales(store, days),
            "export ndjson": _by_day(
                (item["businessDay"], item["grossMinor"])
                for item in map(json.loads, self._export("ndjson", store).text.splitlines())
            ),
            "export csv": _by_day(
                (row["businessDay"], _cents(row["gross"]))
                for row in csv.DictReader(
                    io.StringIO(self._export("csv", store).content.decode("utf-8-sig"), newline="")
                )
            ),
            "export parquet": _by_day(
                (row["businessDay"].isoformat(), int(row["gross"] * 100))
                for row in pyarrow.parquet.read_table(
                    io.BytesIO(self._export("parquet", store).content)
                ).to_pylist()
            ),
            "sql": self._sql(store),
        }

    def conflicts(self, store: str) -> int:
        """What was set aside of a store: accepted, and of other content than what counts."""
        listed = self.archive.get("/receipts", params={"store": store, "limit": "500"})
        listed.raise_for_status()
        lives = [
            self.archive.get(f"/receipts/{quote(item['key'], safe='')}").raise_for_status().json()
            for item in listed.json()["items"]
        ]
        return sum(len(life["conflicts"]) for life in lives)

    def sales(self, store: str, by: str, day: str) -> list[dict[str, Any]]:
        """The rows of `/sales` of one day."""
        following = date.fromordinal(date.fromisoformat(day).toordinal() + 1).isoformat()
        question = {"by": by, "from": day, "to": following, "store": store}
        answer = self.archive.get("/sales", params=question)
        answer.raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def ledger(self, day: str, breakdown: str) -> list[str]:
        """The keys of a breakdown of a day in the ledger."""
        rows = self._totals("day=? AND breakdown=?", date.fromisoformat(day).toordinal(), breakdown)
        return [key for _, key, _, _ in rows]

    def _sales(self, store: str, days: set[str]) -> Days:
        found = {}
        for day in days:
            for row in self.sales(store, "day", day):
                found[row["key"]] = (row["receipts"], row["grossMinor"])
        return found

    def _export(self, kind: str, store: str) -> httpx.Response:
        answer = self.archive.get("/export", params={"format": kind, "store": store})
        answer.raise_for_status()
        return answer

    def _ledger(self, store: str) -> Days:
        rows = self._totals("breakdown='store' AND key=?", store)
        return {date.fromordinal(day).isoformat(): (count, cents) for day, _, count, cents in rows}

    def _totals(self, where: str, *values: object) -> list[tuple[int, str, int, int]]:
        path = self.system.data_dir / "analytics" / "totals.sqlite3"
        query = f"SELECT day, key, receipts, gross_minor FROM totals WHERE {where}"  # noqa: S608
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as ledger:
            return ledger.execute(query, values).fetchall()

    @cached_property
    def _sums_by_sql(self) -> subprocess.CompletedProcess[str]:
        return self.command(
            *("persistence", "sql", "--csv"),
            "SELECT hex(store) AS store, businessDay, count(*) AS receipts, sum(gross) AS gross"
            " FROM receipts GROUP BY ALL",
        )

    def _sql(self, store: str) -> Days:
        done = self._sums_by_sql
        assert 0 == done.returncode, done.stderr
        return {
            row["businessDay"]: (int(row["receipts"]), _cents(row["gross"]))
            for row in csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff")))
            if bytes.fromhex(row["store"]).decode() == store
        }


def _by_day(pairs: Iterable[tuple[str, int]]) -> Days:
    found: dict[str, tuple[int, int]] = {}
    for day, cents in pairs:
        count, gross = found.get(day, (0, 0))
        found[day] = (count + 1, gross + cents)
    return found


def _cents(text: str) -> int:
    whole, _, cents = text.partition(".")
    return int(whole + cents.ljust(2, "0"))


@pytest.fixture(scope="package")
def whole() -> Iterator[Whole]:
    """The system, with a chain that has a cutoff and stores in other zones."""
    environ = {
        "STORE_TIMEZONE": "Europe/Paris",
        "BUSINESS_DAY_CUTOFF_HOUR": "4",
        "STORES_FILE": str(HERE / "stores.csv"),
        # So few that a case can make the door forget.
        "REMEMBERED_RECEIPTS": "1",
    }
    try:
        with running_system(environ=environ) as system:
            archive_url = f"http://127.0.0.1:{system.environ['ARCHIVE_API_PORT']}"
            with (
                httpx.Client(base_url=system.entrypoint, timeout=30) as door,
                httpx.Client(base_url=archive_url, timeout=30) as archive,
            ):
                yield Whole(system, door, archive)
    except ServerNotReadyError as error:
        missing(str(error))


@pytest.fixture(scope="package")
def answers(whole: Whole) -> dict[str, list[httpx.Response]]:
    """Every case sent, in order, and counted and stored."""
    found = {case.name: [whole.post(post) for post in case.posts] for case in CASES}
    settled(whole)
    return found


def settled(whole: Whole) -> subprocess.CompletedProcess[str]:
    """The verdict of `verify`, which waits for the ledger and the archive."""
    wait_until(lambda: whole.system.pids().get("totals"), 30, "the totals worker")
    return whole.command("analytics", "verify")
