"""Reads a log into columns and sums by several processes, and gives them back in its order."""

import gc
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NamedTuple

import msgspec

from analytics.columns import Columns
from analytics.folds import Sums, summed
from analytics.messages import read_columns
from tillstream import process
from tillstream.errors import TillstreamError
from tillstream.stores import StoreTable
from tillstream.stream import LogMessage

#: Bytes of receipts, about, that are read and summed at once: a store comes often enough in so
#: many that its sums are few beside its receipts.
BATCH_BYTES = 16 * 1024 * 1024
#: What a packed message holds for each of its bytes, about.
PACKED_FOLD = 10
#: Batches that are read ahead, for each process.
AHEAD = 2

#: Objects that a process makes before it looks for cycles among them.
COLLECTED_AFTER = 100_000

# How messages travel to a process: pickled, each of them would cost as much as it costs to count.
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[LogMessage])

_stores: StoreTable


class Read(NamedTuple):
    """A batch of the log as it was and as it is counted."""

    messages: list[LogMessage]
    columns: Columns
    #: Of all its receipts, the repeated ones included.
    sums: Sums


class ReaderDied(TillstreamError):
    """A process that read was killed; nothing was written."""


def read_in_parallel(
    log: Iterable[list[LogMessage]], stores: StoreTable
) -> Generator[Read, None, None]:
    """The whole log, batch by batch in its order. Raises ReaderDied."""
    workers = os.cpu_count() or 1
    # Forked: a process that is spawned would load everything again. All of them start here, they
    # only calculate, and so never wait for what a thread of this process may hold.
    with ProcessPoolExecutor(workers, get_context("fork"), _begin, (stores,)) as pool:
        waiting: deque[tuple[list[LogMessage], Future[tuple[Columns, Sums]]]] = deque()
        try:
            for messages in _batches(log):
                waiting.append((messages, pool.submit(_read, _encoder.encode(messages))))
                if len(waiting) > AHEAD * workers:
                    yield _first(waiting)
            while waiting:
                yield _first(waiting)
        except BrokenProcessPool as error:
            raise ReaderDied("a process that read the log was killed; begin again") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _first(waiting: deque[tuple[list[LogMessage], Future[tuple[Columns, Sums]]]]) -> Read:
    messages, future = waiting.popleft()
    return Read(messages, *future.result())


def _batches(log: Iterable[list[LogMessage]]) -> Iterator[list[LogMessage]]:
    batch: list[LogMessage] = []
    size = 0
    for messages in log:
        for message in messages:
            batch.append(message)
            size += len(message.body) * (PACKED_FOLD if message.content_encoding else 1)
            if size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _begin(stores: StoreTable) -> None:
    global _stores
    _stores = stores
    # A batch is many objects and no cycle: to look for one so often costs a twentieth of the time.
    gc.set_threshold(COLLECTED_AFTER)
    process.end_with_parent()


def _read(messages: bytes) -> tuple[Columns, Sums]:
    columns = read_columns(_decoder.decode(messages), _stores)
    return columns, summed(columns)
