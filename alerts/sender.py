"""Sends what waits for one target, together what comes together. One thread a target."""

import random
import threading
from collections.abc import Callable

import structlog
from pymongo.database import Database
from pymongo.errors import PyMongoError

from alerts import texts
from alerts.outbox import Outbox
from alerts.targets import Outcome, Target
from alerts.texts import Event
from alerts.unstored import Unstored
from tillstream import alert_records as records
from tillstream.archive import Document
from tillstream.clock import Clock, utc

log = structlog.get_logger()

#: From one look for messages to the next, seconds.
LOOK_SECONDS = 1.0
#: Wait after a failure: it doubles from the first to the longest, with jitter, seconds.
FIRST_BACKOFF, MOST_BACKOFF = 2.0, 300.0


class Sender:
    """The messages to one target."""

    def __init__(
        self,
        target: Target,
        database: Database[Document],
        unstored: Unstored,
        holder: str,
        language: str,
        pace_seconds: float,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`jitter` is from 0 to 1."""
        self._target = target
        self._outbox = Outbox(database, target.name, holder)
        self._states = database[records.TARGETS]
        self._unstored = unstored
        self._language = language
        self._pace = pace_seconds
        self._clock = clock
        self._jitter = jitter
        self._next_at = 0.0
        self._failures = 0
        self._failing_since: float | None = None
        #: Claims whose outcome MongoDB does not know yet.
        self._unsettled: list[tuple[list[str], Outcome]] = []

    def run(self, stop: threading.Event) -> None:
        """Send until `stop`."""
        while not stop.wait(LOOK_SECONDS):
            try:
                self.turn()
            # Whatever a service of Apprise raises: the other targets go on, and so does this one.
            except Exception:
                log.exception("a message could not be made", target=self._target.name)
                self._wait(self._clock())

    def turn(self) -> None:
        """Send what waits, if it is time to."""
        now = self._clock()
        # A clock that was set back holds nothing up for longer than the longest wait.
        if now < self._next_at <= now + MOST_BACKOFF:
            return
        claimed: list[Document] = []
        held = []
        try:
            # 1. What was sent is said so, before anything is claimed again.
            self._settle_stored()
            # 2. Claim.
            claimed = self._outbox.claim()
        except PyMongoError:
            held = self._unstored.claim(self._target.name)
        alerts = [(each, each["mine"]) for each in claimed] + [(dict(a), e) for a, e in held]
        if not alerts:
            return
        outcome = Outcome.UNKNOWN
        try:
            # 3. Send: who dies here leaves a lease.
            message = texts.compose(
                [
                    _event(alert, event, self._language)
                    for alert, events in alerts
                    for event in events
                ],
                self._language,
            )
            outcome = self._target.send(message.title, message.body, message.severity)
        finally:
            # 4. Settle.
            self._unstored.settle(self._target.name, held, outcome, now)
            if claimed:
                self._unsettled.append(([each["_id"] for each in claimed], outcome))
            self._note(outcome, len(alerts))

    def _settle_stored(self) -> None:
        while self._unsettled:
            self._outbox.settle(*self._unsettled[0])
            self._unsettled.pop(0)

    def _note(self, outcome: Outcome, alerts: int) -> None:
        now = self._clock()
        name = self._target.name
        if outcome is Outcome.SENT:
            log.info("alerts sent", target=name, alerts=alerts)
            self._failures, self._failing_since = 0, None
            self._next_at = now + self._pace
        else:
            log.warning("a target fails", target=name, alerts=alerts, reason=outcome.value)
            self._failing_since = self._failing_since or now
            self._wait(now)
        changed: Document = {
            "failures": self._failures,
            "failingSince": utc(self._failing_since) if self._failing_since else None,
            "nextAt": utc(self._next_at),
            "reason": "" if outcome is Outcome.SENT else outcome.value,
        }
        if outcome is Outcome.SENT:
            changed["sentAt"] = utc(now)
        try:
            self._settle_stored()
            self._states.update_one({"_id": name}, {"$set": changed}, upsert=True)
        except PyMongoError as error:
            log.warning("MongoDB is away", error=type(error).__name__)

    def _wait(self, now: float) -> None:
        most = min(MOST_BACKOFF, FIRST_BACKOFF * 2 ** min(self._failures, 20))
        self._failures += 1
        self._next_at = now + most * (0.5 + self._jitter() / 2)


def _event(alert: Document, event: str, language: str) -> Event:
    said = alert["ends"] if event == records.ENDS else alert["begins"]
    return Event(event, alert["severity"], said[language], alert["acknowledgedBy"])
