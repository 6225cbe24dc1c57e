"""Decodes and sums batches of the log in several processes, and yields them in its order."""

import gc
import os
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import msgspec

from analytics.counting.bodiless import BATCH_BYTES, grouped, read_bodiless, with_bodies
from analytics.counting.isolation import Batch
from tillstream.errors import TillstreamError
from tillstream.log.reader import LogMessage
from tillstream.runtime import process
from tillstream.stores import StoreTable

#: Batches that are read ahead, for each process.
AHEAD = 2

#: Objects that a process makes before it looks for cycles among them.
COLLECTED_AFTER = 100_000

# How messages travel to a process: pickled, each of them would cost as much as it costs to count.
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[LogMessage])

_stores: StoreTable


class ReaderDiedError(TillstreamError):
    """A process that read was killed; nothing was written."""


def read_in_parallel(
    log: Iterable[list[LogMessage]], stores: StoreTable
) -> Generator[Batch, None, None]:
    """The whole log, batch by batch in its order. Raises ReaderDiedError."""
    workers = os.cpu_count() or 1
    # Forked: a process that is spawned would load everything again. All of them start here, they
    # only calculate, and so never wait for what a thread of this process may hold.
    with ProcessPoolExecutor(workers, get_context("fork"), _begin, (stores,)) as pool:
        waiting: deque[tuple[list[LogMessage], Future[list[Batch]]]] = deque()
        try:
            for messages in grouped(log, BATCH_BYTES):
                waiting.append((messages, pool.submit(_read, _encoder.encode(messages))))
                if len(waiting) > AHEAD * workers:
                    yield from _first(waiting)
            while waiting:
                yield from _first(waiting)
        except BrokenProcessPool as error:
            raise ReaderDiedError("a process that read the log was killed; begin again") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _first(waiting: deque[tuple[list[LogMessage], Future[list[Batch]]]]) -> list[Batch]:
    messages, future = waiting.popleft()
    return with_bodies(future.result(), messages)


def _begin(stores: StoreTable) -> None:
    global _stores
    _stores = stores
    # A batch is many objects and no cycle: to look for one so often costs a twentieth of the time.
    gc.set_threshold(COLLECTED_AFTER)
    process.end_with_parent()


def _read(messages: bytes) -> list[Batch]:
    return read_bodiless(_decoder.decode(messages), _stores)
