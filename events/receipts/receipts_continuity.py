"""Does the log of the receipts go on from what the windows have counted of it?"""

from events.receipts.receipts_state import ReceiptsProgress
from tillstream.log import continuity
from tillstream.log.continuity import LogReplacedError
from tillstream.log.partitioned_log import PartitionedLog
from tillstream.log.positions import Offsets, in_stream
from tillstream.log.reader import LogTruncatedError


def require_continuing(
    progress: ReceiptsProgress, log: PartitionedLog, firsts: Offsets, kept: str, mend: str
) -> None:
    """Raise where a partition does not go on from there: see tillstream/log/continuity.

    `firsts`: the first offset of each partition that holds anything. Nothing is asked of a log
    that was not counted.
    """
    counted = progress.next_offsets()
    for number, one in progress.partitions().items():
        if number not in counted:
            continue
        if number not in log.parts:
            raise LogReplacedError(f"{kept} has counted partition {number} of the log, now gone")
        continuity.require_continuing(
            one.next_offset, one.last_digest, log.parts[number], kept, mend
        )
    begins = progress.begin_offsets()
    for number, first in firsts.items():
        if counted and number not in counted and in_stream(first) and first > begins.get(number, 0):
            raise LogTruncatedError(
                f"partition {number} of the log begins at offset {in_stream(first)}, and {kept} has"
                f" counted nothing of it; {mend}"
            )
