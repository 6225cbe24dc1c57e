"""The day so far, read from the archive: what was sold before this process was listening."""

import threading
import time
from datetime import date
from itertools import accumulate

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive import pipelines
from dashboard.archive.of_currency import day_rows
from dashboard.archive.pipelines import Stages, unix
from dashboard.state.model import Model
from dashboard.state.sale_minutes import DAY_MINUTES, Sold
from dashboard.state.series import Values
from tillstream import archive
from tillstream.archive import Document
from tillstream.clock import Clock, utc

log = structlog.get_logger()

#: How often it looks whether a day is wanted, and the wait after a failure, seconds.
POLL_SECONDS = 1.0
RETRY_SECONDS = 5.0
#: Longest wait until what has grown is read again when there was nothing new, seconds.
MOST_SECONDS = 60.0
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
        self._clock = clock
        self._stop = stop
        self._again_at = 0.0
        self._again_seconds = 0.0

    def run(self) -> None:
        """Read what the model wants until `stop`; the page never waits for it."""
        with archive.connect(
            self._url,
            "dashboard",
            server_ms=SERVER_TIMEOUT_MS,
            socket_ms=QUERY_TIMEOUT_MS,
            connections=2,
        ) as client:
            wait = 0.0
            while not self._stop.wait(wait):
                try:
                    self._read(client)
                    self._read_again(client)
                    wait = POLL_SECONDS
                except PyMongoError as error:
                    log.warning("archive away, trying again", error=str(error)[:200])
                    wait = RETRY_SECONDS

    def _read(self, client: MongoClient[Document]) -> None:
        now = self._clock()
        day = self._model.history_wanted(now)
        if day is None:
            return
        sold = self._sold(client, day, {}, pipelines.by_minute())
        # How fast receipts come, and how soon they are stored, is of every currency.
        received = self._ask(client, day, pipelines.by_minute("$receivedAt"))
        stored_in = {"$dateTrunc": {"date": "$storedAt", "unit": "minute"}}
        stored = self._ask(client, day, pipelines.delay_percentiles(stored_in))
        self._model.take_history(day, _sold(sold), _counts(received), _delays(stored), now)
        log.info("history read", day=day.isoformat(), minutes=len(sold))

    def _read_again(self, client: MongoClient[Document]) -> None:
        """What has grown since it was read, in at most a tenth of the archive's time."""
        now = self._clock()
        if time.monotonic() < self._again_at:
            return
        begun, new = time.monotonic(), True
        if (wanted := self._model.sold_again_wanted(now)) is not None:
            day, first, end = wanted
            within = {"date": {"$gte": utc(first), "$lt": utc(end)}}
            rows = self._sold(client, day, within, pipelines.by_minute())
            new = self._model.take_sold(day, first, end, _sold(rows), now)
        # An archive that is behind the ledger has nothing new yet.
        self._again_seconds = 0.0 if new else min(MOST_SECONDS, 2 * self._again_seconds + 1)
        took = time.monotonic() - begun
        self._again_at = time.monotonic() + max(10 * took, self._again_seconds)

    def _sold(
        self, client: MongoClient[Document], day: date, within: Document, stages: Stages
    ) -> list[Document]:
        receipts, text = client[self._database].receipts, day.isoformat()
        match = {"businessDay": text} | within
        return day_rows(receipts, text, match, stages, self._model.currency, QUERY_TIMEOUT_MS)

    def _ask(self, client: MongoClient[Document], day: date, stages: Stages) -> list[Document]:
        receipts = client[self._database].receipts
        pipeline = [pipelines.of_day(day.isoformat()), *stages]
        return list(receipts.aggregate(pipeline, maxTimeMS=QUERY_TIMEOUT_MS, allowDiskUse=True))


def running_totals(rows: list[Document], until: float) -> dict[int, Values]:
    """Rows of a minute each as running sums, with no minute left out up to `until`.

    A receipt of a till whose clock is ahead has its minute in the future; it is counted in
    the minute of `until`, as the running sum of now has it.
    """
    if not rows:
        return {}
    first = unix(rows[0]["_id"])
    last = min(int(until) // 60 * 60, first + 60 * (DAY_MINUTES - 1))
    minutes = [min(unix(row["_id"]), last) for row in rows]
    sums = accumulate(int(row["gross"]) for row in rows)
    counts = accumulate(int(row["count"]) for row in rows)
    known = dict(zip(minutes, zip(sums, counts, strict=True), strict=True))
    filled: dict[int, Values] = {}
    values: Values = (0, 0)
    for minute in range(minutes[0], last + 60, 60):
        values = known.get(minute, values)
        filled[minute] = values
    return filled


def _sold(rows: list[Document]) -> dict[int, Sold]:
    return {unix(row["_id"]): (int(row["gross"]), int(row["count"])) for row in rows}


def _counts(rows: list[Document]) -> dict[int, Values]:
    return {unix(row["_id"]): (int(row["count"]),) for row in rows if row["_id"] is not None}


def _delays(rows: list[Document]) -> dict[int, Values]:
    return {
        unix(row["_id"]): (int(row["p50"]), int(row["p95"]), int(row["p99"]))
        for row in rows
        if row["_id"] is not None
    }
