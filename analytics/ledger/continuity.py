"""Does the log go on from what the ledger has counted?"""

from analytics.ledger.ledger_file import Progress
from tillstream.log import continuity
from tillstream.log.continuity import LogEnds, LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog, opened

_KEPT = "the ledger"


def require_continuing(progress: Progress, log: LogEnds | PartitionedLog) -> None:
    """Raise where a partition does not go on from there: see tillstream/log/continuity."""
    log = log if isinstance(log, PartitionedLog) else opened(log)
    for number, position in progress.positions().items():
        if number not in log.parts:
            raise LogReplacedError(f"{_KEPT} has counted partition {number} of the log, now gone")
        continuity.require_continuing(
            position.next_offset,
            position.last_digest,
            log.parts[number],
            _KEPT,
            "rebuild the ledger from the archive with `tillstream recount --from archive`",
        )
