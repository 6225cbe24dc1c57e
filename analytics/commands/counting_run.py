"""Counts messages into a recount by several processes, with a progress bar for who watches."""

import threading
from collections.abc import Iterable
from contextlib import closing

from tqdm import tqdm

from analytics.counting.parallel_decoding import read_in_parallel
from analytics.verify.recount import Recount
from tillstream.log.reader import LogMessage, StoppedError
from tillstream.stores import StoreTable


def count_messages(
    recount: Recount,
    messages: Iterable[list[LogMessage]],
    stores: StoreTable,
    stop: threading.Event,
    total: int | None = None,
) -> None:
    """Count all messages; `total` is about how many receipts they have. Raises StoppedError."""
    # Nothing to watch where nobody watches: no bar in a log file.
    with (
        closing(read_in_parallel(messages, stores)) as batches,
        tqdm(total=total, unit=" receipts", unit_scale=True, disable=None) as bar,
    ):
        for batch in batches:
            if stop.is_set():
                raise StoppedError("stopped before the end")
            bar.update(recount.count_batch(batch, stores))
