"""The analytic archive as the service asks it: which days are only there, DuckDB beside the loop.

The manifest is held, and read again once its version is another: a question for days that MongoDB
has whole costs no more than a look at that. DuckDB runs in threads, a few questions at once, each
with a bound of its memory and of its time; its libraries are loaded at the first one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import ExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

import structlog

from persistence.api import problems
from persistence.api.archived_sql import Days
from tillstream.clock import Clock
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import ArchivedDay, Manifest
from tillstream.stores import StoreTable

if TYPE_CHECKING:
    import duckdb

    from persistence.parquet.storage import Storage

log = structlog.get_logger()

#: Questions that DuckDB answers at once, longest wait for a place, seconds, and memory of each.
MAX_QUESTIONS = 2
PLACE_SECONDS = 2.0
MEMORY = "256MB"
#: How often a question that is late is told to end, seconds: between two statements none hears it.
INTERRUPT_SECONDS = 0.1

T = TypeVar("T")
Work = Callable[["duckdb.DuckDBPyConnection"], T]


class AnalyticArchive:
    """Files below one URL."""

    def __init__(self, url: str, retention_days: int, table: StoreTable, clock: Clock) -> None:
        """`retention_days`: the newest days that MongoDB keeps; of 0, it keeps all."""
        self._url = url
        self._retention_days = retention_days
        self._table = table
        self._clock = clock
        self._storage: Storage | None = None
        self._version: object = None
        self._manifest: Manifest | None = None
        self._looking = asyncio.Lock()
        self._questions = asyncio.Semaphore(MAX_QUESTIONS)
        self._ending: set[asyncio.Task[None]] = set()

    async def only_there(self, days: Days) -> list[date]:
        """Of some days those that MongoDB may lack receipts of, in their order.

        As the manifest is now: what MongoDB said of other days before this was asked is whole,
        since a day is marked before it is dropped. Raises ProblemError when that cannot be told,
        since the archive is not within reach.
        """
        open_day = self._table.open_day(self._clock())
        if days.first >= open_day:
            # No file has a day that is not over.
            return []
        manifest = await self._look()
        if manifest is not None:
            return [day for day in manifest.dropped() if day in days]
        if self._retention_days:
            kept_from = open_day - timedelta(days=self._retention_days)
            if days.first < kept_from:
                raise problems.analytic_archive_away()
        return []

    def files(self, days: Iterable[date]) -> list[ArchivedDay]:
        """The files of days, as far as the archive has them."""
        known = self._manifest.days if self._manifest is not None else {}
        return [known[day] for day in days if day in known]

    def relation(self, days: Iterable[date]) -> str:
        """The rows of days as SQL of a relation."""
        from persistence.parquet import engine

        if self._storage is None:
            raise problems.analytic_archive_away()
        return engine.files_sql(self._storage, self.files(days))

    @asynccontextmanager
    async def session(self, *, counted: bool = True) -> AsyncGenerator["Session"]:
        """A connection of DuckDB; raises ProblemError where none is free in time.

        Exports are not `counted` here: their own number is bounded.
        """
        places = self._questions if counted else asyncio.Semaphore(1)
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await places.acquire()
        except TimeoutError as error:
            raise problems.busy("questions to the analytic archive") from error
        session = Session(self._open)
        try:
            yield session
        finally:
            # A question that is late goes on until it hears of it, and keeps its place.
            ending = asyncio.create_task(session.end())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
            ending.add_done_callback(lambda _: places.release())
            if not session.late:
                await asyncio.shield(ending)

    async def changed(self) -> bool:
        """Whether days were written or dropped since it was last looked at."""
        before = self._manifest
        return await self._look() != before

    async def _look(self) -> Manifest | None:
        """The manifest as it is now, or was when it was last read; None where it never was."""
        async with self._looking:
            await asyncio.to_thread(self._read)
        return self._manifest

    def _read(self) -> None:
        from persistence.parquet.storage import Storage

        try:
            if self._storage is None:
                self._storage = Storage(self._url)
            version = self._storage.version()
            if self._manifest is None or version != self._version:
                manifest = self._storage.manifest()
                if self._manifest is not None and self._manifest.dropped() and not manifest.days:
                    log.warning("the analytic archive has lost its manifest", url=self._url)
                    return
                self._manifest, self._version = manifest, version
        except TillstreamError as error:
            log.warning("the analytic archive cannot be read", reason=str(error))

    def _open(self, stack: ExitStack) -> "duckdb.DuckDBPyConnection":
        from tillstream.query_engine import engine

        if self._storage is None:
            raise problems.analytic_archive_away()
        return stack.enter_context(engine(self._storage, MEMORY))


class Session:
    """A connection that is used by one thread at a time."""

    def __init__(self, opened: Callable[[ExitStack], "duckdb.DuckDBPyConnection"]) -> None:
        self._opened = opened
        self._stack = ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._running: asyncio.Task[object] | None = None
        self._stopped = False

    @property
    def late(self) -> bool:
        """Whether work goes on that nobody waits for."""
        return self._running is not None and not self._running.done()

    async def run(self, work: Work[T], seconds: float) -> T:
        """What `work` does with the connection; raises ProblemError where it fails or is late."""
        if self._connection is None:
            # Libraries are loaded at the first question, which takes a second.
            self._connection = await asyncio.to_thread(self._opened, self._stack)
        connection = self._connection
        running = asyncio.create_task(asyncio.to_thread(_answered, work, connection))
        self._running = running
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(running)
        except TimeoutError as error:
            raise problems.too_slow(seconds) from error

    async def end(self) -> None:
        """Stop what runs, and close the connection."""
        while self._running is not None and not self._running.done():
            if self._connection is not None:
                self._connection.interrupt()
            await asyncio.wait([self._running], timeout=INTERRUPT_SECONDS)
        if self._running is not None and not self._running.cancelled():
            # It was told to who asked; of one that was late nobody asks.
            _ = self._running.exception()
        await asyncio.to_thread(self._stack.close)


def _answered(work: Work[T], connection: "duckdb.DuckDBPyConnection") -> T:
    import duckdb
    import pyarrow as pa

    try:
        return work(connection)
    except duckdb.OutOfMemoryException as error:
        raise problems.too_large() from error
    except (duckdb.Error, pa.ArrowException, OSError, TillstreamError) as error:
        log.warning("the analytic archive cannot be asked", reason=str(error)[:200])
        raise problems.analytic_archive_away() from error
