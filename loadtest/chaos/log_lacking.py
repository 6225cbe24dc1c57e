"""What an operator does where only the archive has a receipt: docs/runbooks/log-lacking.md.

A broker that is killed may have written a receipt to the archive's queue and not to the log. The
door answered 503 then; of a till that gave up it stays so.
"""

from collections.abc import Collection, Mapping
from typing import Any

from loadtest.bench.private import System
from loadtest.chaos.history import Verdict
from loadtest.chaos.verifying import verify


def may_lack(verdict: Verdict) -> bool:
    """Whether nothing else is wrong than that the archive has receipts which are not counted."""
    return verdict.uncounted > 0 and verdict._replace(uncounted=0, cents_off=0).holds()


def days_to_bring(found: Mapping[str, Any], acknowledged: Collection[str]) -> list[str]:
    """The days to bring to the log, by what `verify` found: none where a receipt is lost.

    Each that the archive alone has must be named and never acknowledged: what was promised and is
    not in the log is lost, and nothing shall mend it before it is told.
    """
    alone = found.get("alone", [])
    if len(alone) < found.get("archived_alone", 0):
        return []
    if any(each["key"] in acknowledged for each in alone):
        return []
    return list(found.get("alone_days", []))


def bring_to_log(system: System, verdict: Verdict, acknowledged: Collection[str]) -> int:
    """Mend it where a round has ended so; returns how many receipts the log has got.

    Raises CommandFailedError.
    """
    if not may_lack(verdict):
        return 0
    found = verify(system, "analytics")
    days = days_to_bring(found, acknowledged)
    if not days:
        return 0
    system.command("persistence", "refill", *(word for day in days for word in ("--day", day)))
    return int(found["archived_alone"])
