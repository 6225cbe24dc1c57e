"""Where the worker begins: after what it has taken, or at the first delivery that there is.

To read a delivery again changes nothing: the newest version of each document stands. So a log that
is another one, or has lost its end, is read from its first message.

Without a state that is so too: the same receipts are made of the same deliveries. Of what the log
has dropped nothing is known, which is told.
"""

import structlog

from connectors.state.state_file import Progress, State
from tillstream.log.continuity import LogEnds, LogReplacedError, require_continuing
from tillstream.log.reader import LogTruncatedError, Start

log = structlog.get_logger()

KEPT = "the state of the receivers"
MEND = "send the vendors' sales of that time again (their pages, or their APIs, do so)"


def find_start(state: State, looked_up: LogEnds) -> Start:
    """Where to read from. Raises LogUndeliveredError."""
    progress = state.progress()
    if progress.next_offset is None and (first := looked_up.first_offset()):
        log.error(
            "the state is new, and the log of deliveries has lost its beginning",
            first_offset=first,
            mend="where sales were posted before, end the worker and restore the state from a"
            " backup: it does not know those, and a change of one comes as a conflict",
        )
    try:
        require_continuing(progress.next_offset, progress.last_digest, looked_up, KEPT, MEND)
    except LogTruncatedError as error:
        log.error("deliveries are gone that were not taken", reason=str(error))
    except LogReplacedError as error:
        log.warning("the log of deliveries is read from its first message", reason=str(error))
        state.begin()
        state.waiting.forget_offsets()
        state.answers.forget()
        state.write_progress(Progress(received_us=progress.received_us))
        state.commit()
        return "first"
    return "first" if progress.next_offset is None else progress.next_offset
