"""Counts messages into a recount by several processes, with a progress bar for who watches."""

import threading
from collections.abc import Iterable
from contextlib import closing, nullcontext

from analytics.counting.parallel_decoding import read_in_parallel
from analytics.verify.recount import Recount
from tillstream.log.reader import LogMessage, StoppedError
from tillstream.runtime.progress import Progress, progress
from tillstream.stores import StoreTable


def count_messages(
    recount: Recount,
    messages: Iterable[list[LogMessage]],
    stores: StoreTable,
    stop: threading.Event,
    total: int | None = None,
) -> None:
    """Count all messages; `total` is about how many receipts they have: with it there is a bar.

    Raises StoppedError.
    """
    # The log is shown as it is read.
    bar = nullcontext(Progress()) if total is None else progress("archive", "receipts", total)
    with closing(read_in_parallel(messages, stores)) as batches, bar as shown:
        for batch in batches:
            if stop.is_set():
                raise StoppedError("stopped before the end")
            shown.advance(recount.count_batch(batch, stores))
