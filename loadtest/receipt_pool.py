"""Receipts for a load test: the generator's own, numbered by its tills, dated when sent."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from local.settings import ROOT
from tillstream.money import minor_units

_DATE = re.compile(rb'"date":"[^"]*"')
_GROSS = re.compile(rb'"grossTotal":([-0-9.]+)')


class Posting(NamedTuple):
    """A receipt to post: its JSON, and its gross total in cents."""

    body: bytes
    gross: int


class ReceiptPool:
    """Hands out receipts, each once; has the generator make more before it runs out.

    What is left at the end is kept for the next one: the numbers of a till have no gaps.
    """

    def __init__(self, data_dir: Path, zone: ZoneInfo, chunk: int = 20_000) -> None:
        """`data_dir` is where the tills keep their numbers, so that none comes twice."""
        self._environ = {"DATA_DIR": str(data_dir)}
        self._zone = zone
        self._chunk = chunk
        self._left = data_dir / "generator" / "unsent.ndjson"
        self._bodies: deque[bytes] = deque()
        if self._left.exists():
            self._bodies.extend(self._left.read_bytes().splitlines())
            self._left.unlink()
        # Of many tills that find nothing one has more made, and the others wait for it.
        self._filling = threading.Lock()
        self._closed = False

    def fill(self, count: int) -> None:
        """Have at least `count` receipts ready."""
        with self._filling:
            self._fill(count)

    def take(self, *, ahead: bool = True) -> Posting:
        """The next receipt, dated now; `ahead` has more made while there still are some."""
        if ahead and len(self._bodies) < self._chunk // 2 and not self._filling.locked():
            threading.Thread(target=self._fill_ahead, daemon=True).start()
        while True:
            with suppress(IndexError):
                return posting(self._bodies.popleft(), datetime.now(self._zone))
            self.fill(1)

    def close(self) -> None:
        """Keep what is left."""
        with self._filling:
            self._closed = True
            if self._bodies:
                self._left.write_bytes(b"".join(body + b"\n" for body in self._bodies))
                self._bodies.clear()

    def _fill(self, count: int) -> None:
        missing = count - len(self._bodies)
        if missing > 0:
            self._bodies.extend(generated(max(missing, self._chunk), self._environ))

    def _fill_ahead(self) -> None:
        with self._filling:
            if not self._closed:
                self._fill(self._chunk)


def generated(count: int, environ: Mapping[str, str], *options: str) -> list[bytes]:
    """`count` receipts from a generator of their own; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "receipts.ndjson")
        generate(file, count, environ, *options)
        return file.read_bytes().splitlines()


def generate(file: Path, count: int, environ: Mapping[str, str], *options: str) -> None:
    """Have a generator of its own write `count` receipts; raises CalledProcessError.

    `environ` says where the tills keep their numbers (`DATA_DIR`) and the stores' zone.
    """
    argv = ["burst", "--count", str(count), "--to", "file", str(file), *options]
    subprocess.run(
        [sys.executable, "-m", "generator", *argv],
        cwd=ROOT,
        env={**os.environ, **environ, "LOG_LEVEL": "WARNING"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def posting(body: bytes, sold: datetime) -> Posting:
    """A receipt as it is posted when it is sold at `sold`, the wall time of its store."""
    date = f'"date":"{sold:%Y-%m-%d %H:%M:%S}"'.encode()
    found = _GROSS.search(body)
    assert found is not None  # noqa: S101  the generator's receipts have their total
    return Posting(_DATE.sub(date, body, count=1), minor_units(float(found[1])))
