"""What the watcher of alerts keeps in MongoDB, for whoever shows it.

`alerts` has a document an alert, `alert_targets` one a target: how sending to it goes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, TypedDict

from pymongo.collection import Collection

from tillstream.archive import Document
from tillstream.clock import utc

ALERTS = "alerts"
TARGETS = "alert_targets"
MORNINGS = "alert_mornings"

Severity = Literal["info", "warning", "critical"]
#: The most severe last.
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")

# Events of an alert.
BEGINS, ACKNOWLEDGED, ENDS = "begins", "acknowledged", "ends"

# States of a message to one target.
WAITING = "waiting"
SENT = "sent"
#: Too old, or its target is no longer set.
GIVEN_UP = "given up"
#: Begun twice without hearing whether it arrived.
UNKNOWN = "unknown"

#: Before every time: a lease that nobody has.
NEVER = utc(0)

#: Longest name of whoever acknowledges, characters.
NAME_CHARACTERS = 60
#: A watcher says so often that it lives, and is gone when silent for so long, seconds.
BEAT_SECONDS, SILENT_SECONDS = 5.0, 20.0
#: The `_id` of the watcher's word in `alert_targets`: no target has such a name.
WATCHER = "/watcher"

#: Texts by language.
Texts = dict[str, str]


class MessageDocument(TypedDict):
    """A message of one event to one target, in an alert's outbox."""

    event: str
    target: str
    state: str
    at: datetime
    #: Who sends it, until when nobody else does, and how often nobody heard whether it arrived.
    holder: str | None
    leaseUntil: datetime
    uncertain: int


class AlertDocument(TypedDict, total=False):
    """An alert in `alerts`."""

    _id: str
    rule: str
    kind: str
    severity: str
    #: What it is of, as "store:12"; "" is the whole chain or system.
    subject: str
    #: The store, where it is of one.
    store: str
    #: Rule and subject while it is open, and only then: unique.
    open: str
    beganAt: datetime
    endedAt: datetime | None
    acknowledgedAt: datetime | None
    acknowledgedBy: str
    #: What its begin and its end say.
    begins: Texts
    ends: Texts
    sendTo: list[str]
    outbox: list[MessageDocument]
    #: Targets that a message waits for.
    waiting: list[str]


class TargetDocument(TypedDict):
    """How sending to a target goes."""

    _id: str
    #: Attempts that failed since the last that went well.
    failures: int
    failingSince: datetime | None
    sentAt: datetime | None
    #: Not before this, for the pace or after a failure.
    nextAt: datetime
    #: Why the last one failed, without any secret.
    reason: str


def acknowledge(alerts: Collection[Document], ids: Iterable[str], by: str) -> int:
    """Take note of who looks after open alerts; how many were not taken by anybody before.

    Raises PyMongoError.
    """
    free = {
        "_id": {"$in": list(ids)},
        "open": {"$exists": True},
        "acknowledgedAt": None,
    }
    message = {
        "event": ACKNOWLEDGED,
        "target": "$$target",
        "state": WAITING,
        "at": "$$NOW",
        "holder": None,
        "leaseUntil": "$$NOW",
        "uncertain": 0,
    }
    messages = {"$map": {"input": "$sendTo", "as": "target", "in": message}}
    taken: dict[str, Any] = {
        "acknowledgedAt": "$$NOW",
        "acknowledgedBy": {"$literal": by},
        "outbox": {"$concatArrays": ["$outbox", messages]},
        "waiting": {"$setUnion": ["$waiting", "$sendTo"]},
    }
    return alerts.update_many(free, [{"$set": taken}]).modified_count
