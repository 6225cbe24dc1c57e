"""Sends yesterday's figures: once a day and target."""

from collections.abc import Mapping
from datetime import date, timedelta

from pymongo.database import Database
from pymongo.errors import PyMongoError

from alerts import morning_text, yesterday
from alerts.connection import connected
from alerts.settings import AlertsSettings
from alerts.targets import Outcome, Target
from tillstream import alert_records as records
from tillstream import stores
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.errors import ServerNotReadyError, TillstreamError

#: Whoever began so long ago and did not say how it went is gone, ms.
LEASE_MS = 120_000
#: What is sent of one day: the mail, and once more where nobody knows whether it arrived.
MOST_SENDS = 2


class MorningNotSentError(TillstreamError):
    """The mail was not taken; the job tries again."""


def send(
    settings: AlertsSettings, targets: Mapping[str, Target], day: date | None, clock: Clock
) -> str:
    """Send the figures of a business day, yesterday unless told; says what was done.

    Raises MorningNotSentError, SettingsError, ServerNotReadyError.
    """
    if not settings.alert_morning_target:
        return "ALERT_MORNING_TARGET is not set: no mail is sent"
    table = stores.load(settings)
    told = day or table.default.on(clock()) - timedelta(days=1)
    target = targets[settings.alert_morning_target]
    try:
        with connected(settings) as database:
            found = yesterday.read(database, table, told)
            if not _claim(database, f"{told}/{target.name}"):
                return f"the mail of {told} was sent to {target.name}"
            language = settings.alert_language
            outcome = target.send(
                morning_text.title(found, language),
                morning_text.html(found, language),
                "info",
                as_html=True,
            )
            _settle(database, f"{told}/{target.name}", outcome)
    except PyMongoError as error:
        raise ServerNotReadyError(f"MongoDB: {error!r}") from error
    if outcome is not Outcome.SENT:
        raise MorningNotSentError(f"the mail of {told} to {target.name}: {outcome.value}")
    return f"the mail of {told} is sent to {target.name}"


def _claim(database: Database[Document], name: str) -> bool:
    """Whether it is to be sent, by this process; raises MorningNotSentError while another does."""
    mornings = database[records.MORNINGS]
    free = {
        "_id": name,
        "state": records.WAITING,
        "sends": {"$lt": MOST_SENDS},
        "$expr": {"$lte": ["$leaseUntil", "$$NOW"]},
    }
    claimed = {
        "leaseUntil": {"$add": ["$$NOW", LEASE_MS]},
        "sends": {"$add": ["$sends", 1]},
    }
    new: Document = {"state": records.WAITING, "leaseUntil": records.NEVER, "sends": 0}
    mornings.update_one({"_id": name}, {"$setOnInsert": new}, upsert=True)
    if mornings.update_one(free, [{"$set": claimed}]).matched_count:
        return True
    found = mornings.find_one({"_id": name})
    if found and found["state"] == records.WAITING and found["sends"] < MOST_SENDS:
        raise MorningNotSentError("another process is sending it")
    return False


def _settle(database: Database[Document], name: str, outcome: Outcome) -> None:
    changed: Document = {"$set": {"state": records.SENT}}
    if outcome is Outcome.FAILED:
        # It was certainly not sent: as if nobody had tried.
        changed = {"$inc": {"sends": -1}, "$set": {"leaseUntil": records.NEVER}}
    elif outcome is Outcome.UNKNOWN:
        changed = {"$set": {"leaseUntil": records.NEVER}}
    database[records.MORNINGS].update_one({"_id": name}, changed)
