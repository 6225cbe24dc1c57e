"""Does the log go on from what the ledger has counted?"""

from analytics.ledger.ledger_file import Progress
from tillstream.log import continuity
from tillstream.log.continuity import LogEnds


def require_continuing(progress: Progress, log: LogEnds) -> None:
    """Raise where the log does not go on from there: see tillstream/log/continuity."""
    continuity.require_continuing(
        progress.next_offset,
        progress.last_digest,
        log,
        "the ledger",
        "rebuild the ledger from the archive with `python -m analytics recount --from archive`",
    )
