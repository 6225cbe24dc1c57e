"""What the tests of the analytic archive and of erasures share: fill MongoDB, run commands."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from persistence.parquet.export import Exporter
from persistence.parquet.lease import held
from persistence.parquet.query import Declared, answered
from persistence.parquet.source import Source, connected
from persistence.parquet.storage import Storage
from persistence.parquet.writing import Writing
from persistence.writer.archive_writer import ArchiveWriter, Outcome, connect
from persistence.writer.entries import entry
from tests.support.commands import Said, command
from tests.support.event_streams import definitions
from tillstream import stores
from tillstream.runtime.settings import StoreTimeSettings

STORES = stores.load(StoreTimeSettings())


class Kept:
    """A database of receipts, and the Parquet files beside it."""

    def __init__(self, mongo_url: str, database: str, data_dir: Path) -> None:
        self.mongo_url = mongo_url
        self.name = database
        self.data_dir = data_dir
        self.client = MongoClient[dict[str, Any]](mongo_url, tz_aware=True)
        self.database = self.client[database]
        self.storage = Storage(str(data_dir / "parquet"))

    def store(self, bodies: Sequence[bytes]) -> Outcome:
        """Store encoded receipts as the worker does."""
        with connect(self.mongo_url) as client:
            archive = ArchiveWriter(client, self.name, STORES, time.time)
            outcome = archive.store([entry(body, STORES) for body in bodies], threading.Event())
        assert outcome is not None
        return outcome

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a command."""
        return {
            "MONGO_URL": self.mongo_url,
            "MONGO_DATABASE": self.name,
            "DATA_DIR": str(self.data_dir),
        }

    def run(self, *arguments: str, **environ: str) -> Said:
        """`python -m persistence ...`."""
        return command("persistence", *arguments, **self.environ | environ)

    def kill(self, *arguments: str, patch: str) -> int:
        """The status of `python -m persistence ...` in a process that `patch` ends."""
        program = f"import sys\n{patch}\nfrom persistence.__main__ import main\nsys.exit(main())"
        ended = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env=os.environ | self.environ,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return ended.returncode

    def export(self) -> None:
        """What `export-parquet` does, without the start of a process."""
        with (
            connected(self.mongo_url, self.name) as database,
            held(database, time.time) as lease,
        ):
            writing = Writing(self.storage, lease, time.time)
            exporter = Exporter(Source(database), writing, time.time, threading.Event())
            list(exporter.run(date.min, STORES.open_day(time.time()) - timedelta(days=1)))

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of an answer."""
        with (
            connected(self.mongo_url, self.name) as database,
            answered(
                Source(database),
                self.storage,
                sql,
                "Europe/Paris",
                Declared(definitions, database),
            ) as answer,
        ):
            return list(answer.rows)

    def sums_in_mongo(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """Receipts and gross by day and store, as MongoDB sums them."""
        group = {
            "_id": {"day": "$businessDay", "store": "$store"},
            "receipts": {"$sum": 1},
            "gross": {"$sum": "$grossMinor"},
        }
        return {
            (each["_id"]["day"], each["_id"]["store"]): (
                each["receipts"],
                Decimal(each["gross"]) / 100,
            )
            for each in self.database.receipts.aggregate([{"$group": group}])
        }

    def files(self) -> list[str]:
        """Every file of the archive, by its path in it."""
        root = self.data_dir / "parquet"
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def killed_at(owner: str, method: str, call: int = 1) -> str:
    """A patch: the process kills itself as it enters a method for the `call`th time."""
    module, name = owner.rsplit(".", 1)
    return f"""
import os, signal
from itertools import count
from {module} import {name}
calls, original = count(1), {name}.{method}
def killing(*arguments, **named):
    if next(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **named)
{name}.{method} = killing
"""
