"""What a page asks the archive for: one store's day, one receipt. Answers are shared."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from bson.errors import InvalidBSON
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.archive.history import delay_percentiles
from dashboard.archive.kept import keep
from tillstream.clock import Clock
from tillstream.errors import TillstreamError, UndecodableMessageError

Document = dict[str, Any]

#: Answers of this age are given again, seconds; so many are kept.
KEPT_SECONDS = 4.0
MAX_KEPT = 200
#: Longest wait for a server to answer, and for one question, ms.
SERVER_TIMEOUT_MS = 2_000
QUERY_TIMEOUT_MS = 10_000
#: Receipts that a store's page lists, and tills.
MAX_RECEIPTS = 12
MAX_TILLS = 50
MAX_CONFLICTS = 20


class ArchiveAwayError(TillstreamError):
    """The archive gave no answer in time."""


class StoreDay(NamedTuple):
    """One store's business day; money in cents, times aware."""

    read_at: float
    #: receipts, gross, net, returns, units and last: one row, or none without receipts.
    totals: list[Document]
    hours: list[Document]
    #: Hours of the same weekday a week before.
    week_before: list[Document]
    categories: list[Document]
    vat: list[Document]
    tenders: list[Document]
    #: p50, p95 and p99 of received to stored, ms: one row, or none without receipts.
    delays: list[Document]
    tills: list[Document]
    latest: list[Document]


class Life(NamedTuple):
    """A receipt of the archive, and what came later under its identity with other content."""

    document: Document
    conflicts: list[Document]


class Archive:
    """Questions to MongoDB, one at a time, whoever asks; safe to call from several threads."""

    def __init__(self, client: MongoClient[Document], database: str, clock: Clock):
        self._database = client[database]
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str, str], StoreDay] = {}
        self._week_before: dict[tuple[str, str, str], list[Document]] = {}

    def store_day(self, store: str, day: str, zone: str, category: str = "") -> StoreDay:
        """A store's day, of one category or all, its hours of `zone`; raises ArchiveAwayError."""
        asked = (store, day, category)
        with self._lock:
            known = self._kept.get(asked)
            if known is not None and self._clock() - known.read_at < KEPT_SECONDS:
                return known
            week_before = self._week_before.get(asked)
            try:
                if week_before is None:
                    earlier = date.fromisoformat(day) - timedelta(days=7)
                    hours = hours_of_store(store, earlier.isoformat(), category, zone)
                    week_before = list(self._ask(hours))
                found = next(self._ask(of_store(store, day, category, zone)))
            except PyMongoError as error:
                raise ArchiveAwayError(str(error)[:200]) from error
            answer = StoreDay(read_at=self._clock(), week_before=week_before, **found)
            keep(self._week_before, asked, week_before, MAX_KEPT)
            keep(self._kept, asked, answer, MAX_KEPT)
            return answer

    def _ask(self, pipeline: list[Document]) -> Iterator[Document]:
        return self._database.receipts.aggregate(pipeline, maxTimeMS=QUERY_TIMEOUT_MS)

    def knows(self, store: str) -> bool:
        """Whether the archive has any receipt of the store; raises ArchiveAwayError."""
        try:
            found = self._database.receipts.find_one(
                {"store": store}, {"_id": 1}, max_time_ms=QUERY_TIMEOUT_MS
            )
            return found is not None
        except PyMongoError as error:
            raise ArchiveAwayError(str(error)[:200]) from error

    def receipt(self, key: str) -> Life | None:
        """A receipt by its identity; None when the archive has none.

        Raises ArchiveAwayError, and UndecodableMessageError for one whose times no calendar has.
        """
        try:
            document = self._database.receipts.find_one({"_id": key}, max_time_ms=QUERY_TIMEOUT_MS)
            if document is None:
                return None
            # By a range of `_id`, which begins with the key: there is no index of `key`.
            later = self._database.conflicts.find(
                {"_id": {"$gte": f"{key}#", "$lt": f"{key}$"}}, max_time_ms=QUERY_TIMEOUT_MS
            )
            return Life(document, list(later.limit(MAX_CONFLICTS)))
        except InvalidBSON as error:
            raise UndecodableMessageError(str(error)[:200]) from error
        except PyMongoError as error:
            raise ArchiveAwayError(str(error)[:200]) from error


def connect(url: str) -> MongoClient[Document]:
    """A client that connects when it is first asked."""
    return MongoClient[Document](
        url,
        appname="dashboard pages",
        serverSelectionTimeoutMS=SERVER_TIMEOUT_MS,
        connectTimeoutMS=SERVER_TIMEOUT_MS,
        socketTimeoutMS=QUERY_TIMEOUT_MS + SERVER_TIMEOUT_MS,
        maxPoolSize=4,
        connect=False,
        tz_aware=True,
    )


def day_of_store(store: str, day: str) -> Document:
    """A store's business day, as the index of store and date finds it.

    Wherever the store is (14 hours ahead of UTC to 12 behind) and whatever its cutoff (to 23),
    its day lies within these instants; of them `businessDay` takes what is of the day.
    """
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    within = {"$gte": midnight - timedelta(hours=14), "$lt": midnight + timedelta(hours=59)}
    return {"store": store, "date": within, "businessDay": day}


def of_store(store: str, day: str, category: str, zone: str) -> list[Document]:
    """The pipeline of a store's day, read by the index of store and date."""
    gross: Document = {"$sum": "$grossMinor"}
    of_lines: Document = {"gross": {"$sum": "$lines.grossMinor"}}
    receipts = {"$sum": 1}
    whole = {
        "_id": None,
        "receipts": receipts,
        "gross": gross,
        "net": {"$sum": "$netMinor"},
        "returns": {"$sum": {"$min": ["$grossMinor", 0]}},
        "units": {"$sum": {"$sum": "$lines.unitsMilli"}},
        "last": {"$max": "$date"},
    }
    by_till = {"_id": "$till", "gross": gross, "receipts": receipts, "last": {"$max": "$date"}}
    facets = {
        "totals": [{"$group": whole}],
        "hours": _by_hour(zone),
        "categories": [
            {"$unwind": "$lines"},
            {"$group": {"_id": "$lines.category", **of_lines}},
            {"$sort": {"gross": -1, "_id": 1}},
            {"$limit": MAX_TILLS},
        ],
        "vat": [
            {"$unwind": "$lines"},
            {
                "$group": {
                    "_id": "$lines.taxBasisPoints",
                    **of_lines,
                    "net": {"$sum": "$lines.netMinor"},
                }
            },
            {"$sort": {"gross": -1, "_id": 1}},
            {"$limit": MAX_TILLS},
        ],
        "tenders": [
            {"$unwind": "$payments"},
            {"$group": {"_id": "$payments.mechanism", "gross": {"$sum": "$payments.amountMinor"}}},
            {"$sort": {"gross": -1, "_id": 1}},
            {"$limit": MAX_TILLS},
        ],
        "delays": delay_percentiles(None),
        "tills": [{"$group": by_till}, {"$sort": {"_id": 1}}, {"$limit": MAX_TILLS}],
        "latest": [
            {"$sort": {"date": -1}},
            {"$limit": MAX_RECEIPTS},
            {"$project": {"date": 1, "till": 1, "number": 1, "grossMinor": 1}},
        ],
    }
    return [*_receipts(store, day, category), {"$facet": facets}]


def hours_of_store(store: str, day: str, category: str, zone: str) -> list[Document]:
    """The pipeline of a store's hours of one day."""
    return [*_receipts(store, day, category), *_by_hour(zone)]


def _receipts(store: str, day: str, category: str) -> list[Document]:
    """A store's receipts of a day; of one category with its lines only, and their sums."""
    match = day_of_store(store, day)
    if not category:
        return [{"$match": match}]
    of_category = {
        "$filter": {
            "input": "$lines",
            "as": "line",
            "cond": {"$eq": ["$$line.category", {"$literal": category}]},
        }
    }
    sums = {"grossMinor": {"$sum": "$lines.grossMinor"}, "netMinor": {"$sum": "$lines.netMinor"}}
    return [
        {"$match": match | {"lines.category": category}},
        {"$set": {"lines": of_category}},
        {"$set": sums},
    ]


def _by_hour(zone: str) -> list[Document]:
    hour = {"$dateToString": {"date": "$date", "format": "%H", "timezone": zone}}
    return [
        {"$group": {"_id": hour, "gross": {"$sum": "$grossMinor"}, "receipts": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]
