"""A door, a ledger and an archive with receipts in them, and how to look at them."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.support.receipts import receipt
from tillstream.snapshots import CountSnapshot


class Books(NamedTuple):
    """A door, a ledger and an archive with receipts in them, and how to look at them."""

    door: str
    archive: Any
    environ: dict[str, str]
    data_dir: Path
    counted: Callable[[int], CountSnapshot]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "analytics", *arguments],
            env={**self.environ, "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def verify(self, *options: str) -> tuple[int, dict[str, Any]]:
        finished = self.command("verify", "--json", *options)
        return finished.returncode, json.loads(finished.stdout)

    def figures(self) -> tuple[int, dict[str, int]]:
        status, report = self.verify()
        names = ("accepted", "stored", "counted", "duplicates", "conflicts", "dead_lettered")
        return status, {name: report[name] for name in (*names, "lost", "double_counted")}


def today(number: int, **changes: Any) -> dict[str, Any]:
    return receipt(number, date=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()), **changes)


def post(books: Books, *all_fields: dict[str, Any]) -> None:
    for fields in all_fields:
        answer = httpx.post(f"{books.door}/receipt", json=fields, timeout=10)
        assert 202 == answer.status_code
