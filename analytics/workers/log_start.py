"""Where the totals worker begins: after what the ledger has, or anew in another log."""

import structlog

from analytics.ledger.continuity import require_continuing
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.working_state import WorkingState
from tillstream.log.continuity import LogEnds, LogReplacedError

log = structlog.get_logger()

_MEND = "python -m analytics recount --from archive"


def find_start(ledger: Ledger, state: WorkingState, looked_up: LogEnds) -> int | None:
    """Go on only where the log does; from its first message where it is another one.

    That is safe, since each identity counts once, and nothing that is accepted from now on stays
    uncounted. Returns the newest offset of the log; None of an empty one. Raises LogTruncatedError
    when the log has dropped receipts that were not counted yet.
    """
    first = looked_up.first_offset()
    last = None if first is None else looked_up.last_offset()
    before = ledger.progress()
    if before.next_offset is None and before != Progress():
        # It was rebuilt from the archive, or begins anew: the log has receipts that are known.
        state.read_again_until = last
    if before == Progress() and (first or 0) > 0:
        log.error(
            "the log's beginning is gone: what it held is not counted",
            first_offset=first,
            mend=_MEND,
        )
        state.begin_anew()
        return last
    try:
        require_continuing(before, looked_up)
    except LogReplacedError as error:
        log.error(
            "the log was replaced or has lost its end; it is counted from its first message, and"
            " each receipt once",
            reason=str(error),
            mend=_MEND,
        )
        state.read_again_until = last
        state.begin_anew()
    return last
