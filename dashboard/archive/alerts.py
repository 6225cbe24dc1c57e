"""What the watcher of alerts has written: open alerts, those that ended, how targets do."""

import threading
from collections.abc import Iterable
from datetime import datetime

import msgspec
from pymongo import MongoClient

from dashboard.archive.connection import answering
from tillstream import alert_records as records
from tillstream.archive import Document
from tillstream.clock import Clock

#: Alerts that are shown: open ones, and those that have ended.
MAX_OPEN, MAX_ENDED = 500, 200
#: Viewers together ask MongoDB so often, seconds.
ASK_SECONDS, COUNT_SECONDS = 1.0, 3.0
QUERY_TIMEOUT_MS = 3_000


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """An alert; times are Unix seconds, texts by language."""

    id: str
    #: Its name in alerts.toml, and what kind of rule it is.
    rule: str
    kind: str
    severity: str
    store: str
    began_at: float
    ended_at: float | None
    acknowledged_at: float | None
    acknowledged_by: str
    texts: dict[str, str]
    #: State of each message that is neither sent nor waiting: its target.
    unsent: list[tuple[str, str]]


class AlertTarget(msgspec.Struct, frozen=True, rename="camel"):
    """A target that fails."""

    name: str
    failing_since: float
    reason: str


class AlertsState(msgspec.Struct, frozen=True, rename="camel"):
    """What the page Alerts shows."""

    read_at: float
    #: When a watcher last said that it lives; None when none ever did.
    seen_at: float | None
    silent: bool
    zone: str
    #: How many are open, whether or not they are all named.
    open: int
    alerts: list[Alert]
    targets: list[AlertTarget]


class AlertsCount(msgspec.Struct, frozen=True):
    """How many alerts are open."""

    open: int


class Alerts:
    """Asks MongoDB; safe to call from several threads. Raises ArchiveAwayError."""

    def __init__(
        self, client: MongoClient[Document], database: str, zone: str, clock: Clock
    ) -> None:
        self._database = client[database]
        self._zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._state: AlertsState | None = None
        self._count: tuple[float, AlertsCount] | None = None

    def count(self) -> AlertsCount:
        """How many are open, for every page's header; as of COUNT_SECONDS ago at most."""
        with self._lock:
            now = self._clock()
            if self._count is None or not 0 <= now - self._count[0] < COUNT_SECONDS:
                with answering():
                    number = self._database[records.ALERTS].count_documents(
                        {"open": {"$exists": True}}, maxTimeMS=QUERY_TIMEOUT_MS
                    )
                self._count = (now, AlertsCount(number))
            return self._count[1]

    def state(self) -> AlertsState:
        """Open alerts first, the newest first, as of ASK_SECONDS ago at most."""
        with self._lock:
            now = self._clock()
            if self._state is None or not 0 <= now - self._state.read_at < ASK_SECONDS:
                self._state = self._read(now)
            return self._state

    def acknowledge(self, ids: Iterable[str], by: str) -> AlertsState:
        """Say who looks after these; what is there afterwards."""
        with answering():
            records.acknowledge(self._database[records.ALERTS], ids, by)
        with self._lock:
            self._state = self._read(self._clock())
            return self._state

    def _read(self, now: float) -> AlertsState:
        is_open: Document = {"open": {"$exists": True}}
        has_ended: Document = {"endedAt": {"$gt": records.NEVER}}
        with answering():
            alerts = self._database[records.ALERTS]
            found = [
                each
                for which, most in ((is_open, MAX_OPEN), (has_ended, MAX_ENDED))
                for each in alerts.find(
                    which, sort=[("beganAt", -1)], limit=most, max_time_ms=QUERY_TIMEOUT_MS
                )
            ]
            number = alerts.count_documents(is_open, maxTimeMS=QUERY_TIMEOUT_MS)
            targets = {
                each["_id"]: each
                for each in self._database[records.TARGETS].find({}, max_time_ms=QUERY_TIMEOUT_MS)
            }
        seen = _unix(targets.pop(records.WATCHER, {}).get("seenAt"))
        return AlertsState(
            read_at=now,
            seen_at=seen,
            silent=seen is None or now - seen > records.SILENT_SECONDS,
            zone=self._zone,
            open=number,
            alerts=[_alert(each) for each in found],
            targets=[
                AlertTarget(name, since, each["reason"])
                for name, each in sorted(targets.items())
                if (since := _unix(each.get("failingSince"))) is not None
            ],
        )


def _alert(found: Document) -> Alert:
    return Alert(
        id=found["_id"],
        rule=found["rule"],
        kind=found["kind"],
        severity=found["severity"],
        store=found["store"],
        began_at=found["beganAt"].timestamp(),
        ended_at=_unix(found["endedAt"]),
        acknowledged_at=_unix(found["acknowledgedAt"]),
        acknowledged_by=found["acknowledgedBy"],
        texts=found["begins"],
        unsent=sorted(
            {
                (each["target"], each["state"])
                for each in found["outbox"]
                if each["state"] in (records.GIVEN_UP, records.UNKNOWN)
            }
        ),
    )


def _unix(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
