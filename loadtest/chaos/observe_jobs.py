"""Reads which minutes the job was run for: from the history, and from what it has left behind."""

from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from pymongo import MongoClient

from loadtest.chaos.minutes import MinuteRun
from loadtest.chaos.system import DATABASE

JOB = "minute"


def observe_runs(mongo_url: str) -> dict[int, list[MinuteRun]]:
    """The runs of each minute in the history. Raises PyMongoError."""
    found = defaultdict(list)
    with MongoClient[dict[str, Any]](
        mongo_url, serverSelectionTimeoutMS=2000, socketTimeoutMS=30_000, tz_aware=True
    ) as client:
        for run in client[DATABASE].job_runs.find({"job": JOB}):
            minute = int(run["at"].timestamp())
            found[minute].append(MinuteRun(run["state"], len(run["attempts"])))
    return dict(found)


def observe_marks(data_dir: Path) -> Counter[int]:
    """How often each minute's key was added."""
    file = data_dir / "entrypoint" / "keys.json"
    if not file.exists():
        return Counter()
    names = [key["name"] for key in msgspec.json.decode(file.read_bytes())]
    return Counter(
        int(datetime.strptime(name, "%Y-%m-%dT%H%M").replace(tzinfo=UTC).timestamp())
        for name in names
    )
