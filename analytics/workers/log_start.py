"""Where the totals worker begins: after what the ledger has, or anew in another log."""

import structlog

from analytics.ledger.continuity import require_continuing
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.working_state import WorkingState
from tillstream.log.continuity import LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets, in_stream
from tillstream.log.reader import LogTruncatedError

log = structlog.get_logger()

_MEND = "python -m analytics recount --from archive"


def find_start(ledger: Ledger, state: WorkingState, looked_up: PartitionedLog) -> Offsets:
    """Go on only where the log does; from its first message where it is another one.

    That is safe, since each identity counts once, and nothing that is accepted from now on stays
    uncounted. Returns the newest offset of each partition that has any. Raises LogTruncatedError
    when the log has dropped receipts that were not counted yet.
    """
    firsts = looked_up.first_offsets()
    lasts = looked_up.last_offsets() if firsts else {}
    before = ledger.progress()
    if not before.positions() and before != Progress():
        # It was rebuilt from the archive, or begins anew: the log has receipts that are known.
        state.read_again_until = lasts
    if before == Progress() and any(map(in_stream, firsts.values())):
        log.error(
            "the log's beginning is gone: what it held is not counted",
            first_offset=max(map(in_stream, firsts.values())),
            mend=_MEND,
        )
        state.begin_anew()
        return lasts
    _require_beginnings(before, firsts)
    try:
        require_continuing(before, looked_up)
    except LogReplacedError as error:
        log.error(
            "the log was replaced or has lost its end; it is counted from its first message, and"
            " each receipt once",
            reason=str(error),
            mend=_MEND,
        )
        state.read_again_until = lasts
        state.begin_anew()
    return lasts


def _require_beginnings(before: Progress, firsts: Offsets) -> None:
    """Raise LogTruncatedError where a partition that was added has lost its beginning uncounted."""
    counted = before.positions()
    for number, first in firsts.items():
        if counted and number not in counted and in_stream(first):
            raise LogTruncatedError(
                f"partition {number} of the log begins at offset {in_stream(first)}, and nothing of"
                f" it was counted; rebuild the ledger from the archive with `{_MEND}`"
            )
