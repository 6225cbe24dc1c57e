"""The alerts as MongoDB keeps them: opened once, ended once."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from tillstream import alert_records as records
from tillstream.alert_records import AlertDocument, MessageDocument, Texts
from tillstream.archive import Document
from tillstream.bulk_write import places_taken
from tillstream.clock import utc

#: What ended so long ago is forgotten, seconds.
KEPT_SECONDS = 400 * 86_400
QUERY_TIMEOUT_MS = 3_000


class Open(NamedTuple):
    """An alert that is open."""

    id: str
    rule: str
    subject: str
    kind: str
    send_to: tuple[str, ...]


class End(NamedTuple):
    """That an alert has ended, at Unix seconds."""

    id: str
    at: float
    texts: Texts
    send_to: tuple[str, ...]


def open_key(rule: str, subject: str) -> str:
    """What is unique of open alerts."""
    return f"{rule} {subject}"


def messages(event: str, targets: Iterable[str], at: float) -> list[MessageDocument]:
    """The messages of an event, which nobody has sent yet."""
    return [
        MessageDocument(
            event=event,
            target=target,
            state=records.WAITING,
            at=utc(at),
            holder=None,
            leaseUntil=records.NEVER,
            uncertain=0,
        )
        for target in targets
    ]


class Book:
    """Every method raises PyMongoError."""

    def __init__(self, database: Database[Document]) -> None:
        """`database`: as a majority of its members has it."""
        self._alerts = database[records.ALERTS]
        self._targets = database[records.TARGETS]

    def prepare(self, targets: Iterable[str]) -> None:
        """Make the indexes; give up what waits for a target that is no longer set."""
        self._alerts.create_index(
            "open", unique=True, partialFilterExpression={"open": {"$exists": True}}
        )
        self._alerts.create_index(
            "waiting", partialFilterExpression={"waiting.0": {"$exists": True}}
        )
        self._alerts.create_index("endedAt", expireAfterSeconds=KEPT_SECONDS)
        self._alerts.create_index([("beganAt", -1)])
        known = sorted(targets)
        self._targets.delete_many({"_id": {"$nin": [*known, records.WATCHER]}})
        given_up = {"outbox.$[gone].state": records.GIVEN_UP}
        gone = {"gone.target": {"$nin": known}, "gone.state": records.WAITING}
        self._alerts.update_many(
            {"waiting": {"$elemMatch": {"$nin": known}}},
            {"$set": given_up, "$pull": {"waiting": {"$nin": known}}},
            array_filters=[gone],
        )

    def beat(self, now: float, rules: int) -> None:
        """Say that a watcher lives."""
        word = {"$set": {"seenAt": utc(now), "rules": rules}}
        self._targets.update_one({"_id": records.WATCHER}, word, upsert=True)

    def open(self) -> list[Open]:
        """The alerts that are open."""
        fields = {"rule": 1, "subject": 1, "kind": 1, "sendTo": 1}
        found = self._alerts.find({"open": {"$exists": True}}, fields, max_time_ms=QUERY_TIMEOUT_MS)
        return [
            Open(each["_id"], each["rule"], each["subject"], each["kind"], tuple(each["sendTo"]))
            for each in found
        ]

    def store(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        """Keep new alerts; one that somebody else has open is left out."""
        if new := [dict(each) for each in alerts]:
            try:
                self._alerts.insert_many(new, ordered=False)
            except BulkWriteError as error:
                # The unique index of open alerts has some already.
                places_taken(error)

    def end(self, ended: Iterable[End]) -> None:
        """Keep ends; of an alert that has ended nothing changes."""
        updates = [
            UpdateOne({"_id": each.id, "open": {"$exists": True}}, _ending(each)) for each in ended
        ]
        if updates:
            self._alerts.bulk_write(updates, ordered=False)


def _ending(end: End) -> list[Document]:
    told = {"$literal": messages(records.ENDS, end.send_to, end.at)}
    changed = {
        "endedAt": utc(end.at),
        "ends": {"$literal": end.texts},
        "outbox": {"$concatArrays": ["$outbox", told]},
        "waiting": {"$setUnion": ["$waiting", {"$literal": list(end.send_to)}]},
    }
    return [{"$set": changed}, {"$unset": "open"}]


def begun(
    id: str,  # noqa: A002 - MongoDB's word
    rule: str,
    kind: str,
    severity: str,
    subject: str,
    store: str,
    texts: Texts,
    send_to: tuple[str, ...],
    at: float,
) -> AlertDocument:
    """A new alert, open."""
    return AlertDocument(
        _id=id,
        rule=rule,
        kind=kind,
        severity=severity,
        subject=subject,
        store=store,
        open=open_key(rule, subject),
        beganAt=utc(at),
        endedAt=None,
        acknowledgedAt=None,
        acknowledgedBy="",
        begins=texts,
        ends={},
        sendTo=list(send_to),
        outbox=messages(records.BEGINS, send_to, at),
        waiting=list(send_to),
    )
