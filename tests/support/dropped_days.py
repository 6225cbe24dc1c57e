"""Days that are moved from MongoDB to the analytic archive, as the job of the tiers does it."""

import threading
import time
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pymongo.database import Database

from persistence.parquet.export import Exporter
from persistence.parquet.lease import held
from persistence.parquet.source import Source, connected
from persistence.parquet.storage import Storage
from persistence.parquet.writing import Writing
from tillstream.clock import utc
from tillstream.stores import StoreTable


def export(mongo_url: str, database: str, data: Path, table: StoreTable) -> list[date]:
    """Every closed day to Parquet; the days of the archive."""
    storage = Storage(str(data / "parquet"))
    with connected(mongo_url, database) as opened, held(opened, time.time) as lease:
        writing = Writing(storage, lease, time.time)
        exporter = Exporter(Source(opened), writing, time.time, threading.Event())
        list(exporter.run(date.min, table.open_day(time.time()) - timedelta(days=1)))
        assert ([], []) == (exporter.failed, exporter.left_out)
        return list(writing.manifest.days)


def mark(data: Path, days: Iterable[date]) -> None:
    """The manifest says that MongoDB may lack these days."""
    storage = Storage(str(data / "parquet"))
    storage.commit(storage.manifest().dropping(days, utc(time.time())))


def drop(database: Database[dict[str, Any]], days: Iterable[date]) -> int:
    """What MongoDB has of days goes; returns how many receipts."""
    named = [day.isoformat() for day in days]
    return database.receipts.delete_many({"businessDay": {"$in": named}}).deleted_count
