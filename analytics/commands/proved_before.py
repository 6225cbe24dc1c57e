"""What earlier runs of `verify` have proved of this log, and what this one adds."""

import time
from collections.abc import Set

from analytics.ledger.continuity import require_continuing
from analytics.ledger.ledger_file import Ledger
from analytics.settings import VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.day_proofs import ProvedDays, proof_of
from analytics.verify.proved_days_store import load, save
from analytics.verify.recount import Recount
from tillstream.log.continuity import LogReplacedError
from tillstream.log.log_days import OPEN_DAYS, unix_day
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.reader import LogTruncatedError


def proved_before(settings: VerifySettings, log: PartitionedLog) -> ProvedDays:
    """What earlier runs have proved of this very log."""
    with open_archive(settings) as archive:
        known = load(archive.database)
    try:
        require_continuing(known.progress(), log)
    except (LogReplacedError, LogTruncatedError):
        return ProvedDays()
    return known


def keep_proofs(
    settings: VerifySettings,
    known: ProvedDays,
    counted: Recount,
    ledger: Ledger,
    left_out: Set[int],
) -> None:
    """Keep what this run has proved: every day that is over and was not left out."""
    business_days = sorted({day.ordinal() for day in ledger.days()})
    known.noted(counted.first_offsets, business_days, counted.progress())
    over = unix_day(time.time()) - OPEN_DAYS
    for day in known.first_offsets:
        if day <= over and day not in left_out:
            known.proofs[day] = proof_of(ledger, day)
    with open_archive(settings) as archive:
        save(archive.database, known)
