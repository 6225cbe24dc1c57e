"""What a rule says, as alerts.toml declares it."""

from typing import NamedTuple

from tillstream.alert_records import Severity
from tillstream.opening_hours import OpeningHours

STORE_AT_ZERO = "store_at_zero"
TILL_SILENT = "till_silent"
REVENUE_BELOW_USUAL = "revenue_below_usual"
RETURNS_UNUSUAL = "returns_unusual"
FEED_SILENT = "feed_silent"
ARCHIVE_AWAY = "archive_away"
VERIFY_FAILED = "verify_failed"
JOB_FAILED = "job_failed"
DISK_SHORT = "disk_short"

CHAIN, REGION, STORE = "chain", "region", "store"
SCOPES = (CHAIN, REGION, STORE)


class Rule(NamedTuple):
    """One rule; times in seconds."""

    name: str
    kind: str
    severity: Severity
    #: What is wrong for so long begins an alert; what is well for so long ends it.
    after: float
    until: float
    #: Names of targets.
    send_to: tuple[str, ...] = ()
    #: Of comparisons with what is usual: whose figures, and percent away from it that begin an
    #: alert and that end it.
    scope: str = CHAIN
    percent: float = 0.0
    end_percent: float = 0.0
    #: Nothing is compared with a usual amount below this, cents.
    least_minor: int = 0
    #: Of stores of which STORES_FILE does not say when they are open.
    hours: OpeningHours | None = None
