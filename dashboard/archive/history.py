"""The day so far, read from the archive: what was sold before this process was listening."""

import threading
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import Any

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.state.model import DAY_MINUTES, Model
from dashboard.state.series import Values
from tillstream.clock import Clock

log = structlog.get_logger()

COLLECTION = "receipts"
#: How often it looks whether a day is wanted, and the wait after a failure, seconds.
POLL_SECONDS = 1.0
RETRY_SECONDS = 5.0
#: Longest wait for a server to answer, and for the day's sums, ms.
SERVER_TIMEOUT_MS = 3_000
QUERY_TIMEOUT_MS = 30_000


class History:
    """Fills the model once for each business day; an archive that is away is asked again."""

    def __init__(
        self, url: str, database: str, model: Model, clock: Clock, stop: threading.Event
    ) -> None:
        self._url = url
        self._database = database
        self._model = model
        self._zone = model.timezone.key
        self._clock = clock
        self._stop = stop

    def run(self) -> None:
        """Read what the model wants until `stop`; the page never waits for it."""
        with MongoClient[dict[str, Any]](
            self._url,
            appname="dashboard",
            serverSelectionTimeoutMS=SERVER_TIMEOUT_MS,
            connectTimeoutMS=SERVER_TIMEOUT_MS,
            socketTimeoutMS=QUERY_TIMEOUT_MS,
            maxPoolSize=2,
            connect=False,
            tz_aware=True,
        ) as client:
            wait = 0.0
            while not self._stop.wait(wait):
                wait = POLL_SECONDS if self._read(client) else RETRY_SECONDS

    def _read(self, client: MongoClient[dict[str, Any]]) -> bool:
        day = self._model.history_wanted(self._clock())
        if day is None:
            return True
        try:
            receipts = client[self._database][COLLECTION]
            sold = list(receipts.aggregate(_by_minute(day, "$date"), maxTimeMS=QUERY_TIMEOUT_MS))
            received = list(
                receipts.aggregate(_by_minute(day, "$receivedAt"), maxTimeMS=QUERY_TIMEOUT_MS)
            )
            stored = list(
                receipts.aggregate(
                    _stored_by_minute(day), maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True
                )
            )
            week_before = day - timedelta(days=7)
            by_hour = list(
                receipts.aggregate(_by_hour(week_before, self._zone), maxTimeMS=QUERY_TIMEOUT_MS)
            )
        except PyMongoError as error:
            log.warning("archive away, trying again", day=day.isoformat(), error=str(error)[:200])
            return False
        running = running_totals(sold, until=self._clock())
        last_week = {str(row["_id"]): int(row["gross"]) for row in by_hour}
        self._model.take_history(day, running, _counts(received), _delays(stored), last_week)
        log.info("history read", day=day.isoformat(), minutes=len(sold))
        return True


def _by_minute(day: date, field: str) -> list[dict[str, Any]]:
    minute = {"$dateTrunc": {"date": field, "unit": "minute"}}
    totals = {"gross": {"$sum": "$grossMinor"}, "count": {"$sum": 1}}
    return [
        {"$match": {"businessDay": day.isoformat()}},
        {"$group": {"_id": minute, **totals}},
        {"$sort": {"_id": 1}},
    ]


def _stored_by_minute(day: date) -> list[dict[str, Any]]:
    """Percentiles of received to stored of each minute in which it was stored."""
    minute = {"$dateTrunc": {"date": "$storedAt", "unit": "minute"}}
    return [
        {"$match": {"businessDay": day.isoformat()}},
        *delay_percentiles(minute),
        {"$sort": {"_id": 1}},
    ]


def delay_percentiles(group: Any) -> list[dict[str, Any]]:
    """Stages for the nearest-rank percentiles of received to stored, ms, of each group."""

    def rank(part: float) -> dict[str, Any]:
        place = {"$ceil": {"$multiply": [part, {"$size": "$delays"}]}}
        return {"$arrayElemAt": ["$delays", {"$toInt": {"$subtract": [place, 1]}}]}

    delay = {"$subtract": ["$storedAt", "$receivedAt"]}
    return [
        {"$group": {"_id": group, "delays": {"$push": delay}}},
        {"$set": {"delays": {"$sortArray": {"input": "$delays", "sortBy": 1}}}},
        {"$project": {"p50": rank(0.5), "p95": rank(0.95), "p99": rank(0.99)}},
    ]


def _by_hour(day: date, zone: str) -> list[dict[str, Any]]:
    hour = {"$dateToString": {"date": "$date", "format": "%H", "timezone": zone}}
    return [
        {"$match": {"businessDay": day.isoformat()}},
        {"$group": {"_id": hour, "gross": {"$sum": "$grossMinor"}}},
    ]


def running_totals(rows: list[dict[str, Any]], until: float) -> dict[int, Values]:
    """Rows of a minute each as running sums, with no minute left out up to `until`.

    A receipt of a till whose clock is ahead has its minute in the future; it is counted in
    the minute of `until`, as the running sum of now has it.
    """
    if not rows:
        return {}
    first = _unix(rows[0]["_id"])
    last = min(int(until) // 60 * 60, first + 60 * (DAY_MINUTES - 1))
    minutes = [min(_unix(row["_id"]), last) for row in rows]
    sums = accumulate(int(row["gross"]) for row in rows)
    counts = accumulate(int(row["count"]) for row in rows)
    known = dict(zip(minutes, zip(sums, counts, strict=True), strict=True))
    filled: dict[int, Values] = {}
    values: Values = (0, 0)
    for minute in range(minutes[0], last + 60, 60):
        values = known.get(minute, values)
        filled[minute] = values
    return filled


def _counts(rows: list[dict[str, Any]]) -> dict[int, Values]:
    return {_unix(row["_id"]): (int(row["count"]),) for row in rows if row["_id"] is not None}


def _delays(rows: list[dict[str, Any]]) -> dict[int, Values]:
    return {
        _unix(row["_id"]): (int(row["p50"]), int(row["p95"]), int(row["p99"]))
        for row in rows
        if row["_id"] is not None
    }


def _unix(stored: datetime) -> int:
    return int(stored.timestamp())
