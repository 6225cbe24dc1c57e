"""MongoDB as the service reads it: majority reads, each bounded in time, errors as problems."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog
from pymongo import AsyncMongoClient
from pymongo.errors import (
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)
from pymongo.read_concern import ReadConcern

from persistence.api import problems
from persistence.api.queries import Query
from persistence.api.sales import SalesQuery
from tillstream import archive
from tillstream.archive import Document
from tillstream.currencies import CURRENCY
from tillstream.earlier_keys import keys_of_days, names_no_day, todays_key

log = structlog.get_logger()

#: Longest wait for a server, and for a free connection, ms.
SERVER_SELECTION_MS = 2_000
#: Connections at most: so many questions are answered at once.
MAX_CONNECTIONS = 8

#: Longest that MongoDB may work on one answer, seconds; on a whole export.
RECEIPTS_SECONDS = 5.0
SALES_SECONDS = 30.0
EXPORT_SECONDS = 3_600.0
#: More than the longest of a single answer, so that MongoDB says that it is late.
SOCKET_MS = 40_000

#: Conflicts that are shown of one receipt.
MAX_CONFLICTS = 20

BAD_VALUE = 2
REASON_CHARACTERS = 200


def connect(url: str) -> AsyncMongoClient[Document]:
    """A client that connects when it is first asked."""
    return archive.connect_async(
        url,
        "tillstream archive api",
        server_ms=SERVER_SELECTION_MS,
        socket_ms=SOCKET_MS,
        connections=MAX_CONNECTIONS,
    )


class Source:
    """The receipts of one database, as a majority of its members has them."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._client = client
        reading = client.get_database(database, read_concern=ReadConcern("majority"))
        self._receipts = reading.receipts
        self._conflicts = reading.conflicts

    async def is_there(self) -> bool:
        """Whether MongoDB has a server to read from now."""
        try:
            await self._client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    async def receipt(self, key: str) -> tuple[Document, list[Document]] | None:
        """A receipt, and what came later under its identity with other content.

        An earlier key finds it too; one of a UUID, which named no day, what was received first.
        """
        limit = int(RECEIPTS_SECONDS * 1000)
        with answering(RECEIPTS_SECONDS):
            document = await self._receipts.find_one({"_id": todays_key(key)}, max_time_ms=limit)
            if document is None and names_no_day(key):
                days = await self._receipts.distinct("businessDay", maxTimeMS=limit)
                document = await self._receipts.find_one(
                    {"_id": {"$in": keys_of_days(key, days)}},
                    sort={"receivedAt": 1},
                    hint="_id_",
                    max_time_ms=limit,
                )
            if document is None:
                return None
        return document, await self.conflicts(document["_id"])

    async def conflicts(self, key: str) -> list[Document]:
        """What came later under the identity of a receipt with other content, the first of it."""
        with answering(RECEIPTS_SECONDS):
            later = self._conflicts.find(
                archive.conflicts_of(key), max_time_ms=int(RECEIPTS_SECONDS * 1000)
            )
            return await later.limit(MAX_CONFLICTS).to_list()

    async def page(self, query: Query, fields: Iterable[str], limit: int) -> list[Document]:
        """The first `limit` documents of a query."""
        with answering(RECEIPTS_SECONDS):
            found = self._receipts.find(
                query.filter,
                dict.fromkeys(fields, 1),
                sort=query.sort,
                hint=query.hint,
                limit=limit,
                max_time_ms=int(RECEIPTS_SECONDS * 1000),
            )
            return await found.to_list()

    async def known(self, keys: list[str]) -> set[str]:
        """Which of some receipts MongoDB has."""
        with answering(RECEIPTS_SECONDS):
            found = self._receipts.find(
                {"_id": {"$in": keys}}, {"_id": 1}, max_time_ms=int(RECEIPTS_SECONDS * 1000)
            )
            return {each["_id"] for each in await found.to_list()}

    async def currencies(self, named: list[Document], other: Query | None) -> set[str]:
        """Those that `named` finds, and that of documents without one where `other` finds any."""
        limit = int(SALES_SECONDS * 1000)
        with answering(SALES_SECONDS):
            rows = await self._receipts.aggregate(named, maxTimeMS=limit)
            found = {str(each["_id"]) for each in await rows.to_list()}
            if other is not None and await self._receipts.find_one(
                other.filter, {"_id": 1}, hint=other.hint, max_time_ms=limit
            ):
                found.add(CURRENCY)
        return found

    async def sales(self, query: SalesQuery) -> list[dict[str, Any]]:
        """The rows of a sum."""
        with answering(SALES_SECONDS):
            rows = await self._receipts.aggregate(
                query.pipeline, hint=query.hint, maxTimeMS=int(SALES_SECONDS * 1000)
            )
            return await rows.to_list()

    @asynccontextmanager
    async def batches(
        self, query: Query, fields: Iterable[str], size: int
    ) -> AsyncGenerator[AsyncGenerator[list[Document]]]:
        """Every document of a query, at most `size` at a time; the cursor ends with the block."""
        found = self._receipts.find(
            query.filter,
            dict.fromkeys(fields, 1),
            sort=query.sort,
            hint=query.hint,
            batch_size=size,
            max_time_ms=int(EXPORT_SECONDS * 1000),
        )

        fetching: asyncio.Task[list[Document]] | None = None

        async def read() -> AsyncGenerator[list[Document]]:
            nonlocal fetching
            while True:
                fetching = asyncio.create_task(found.to_list(size))
                with answering(EXPORT_SECONDS):
                    batch = await asyncio.shield(fetching)
                if not batch:
                    return
                yield batch

        try:
            yield read()
        finally:
            # A fetch that is cut off when the client leaves would leave its cursor to the server.
            if fetching is not None:
                await asyncio.gather(fetching, return_exceptions=True)
            await found.close()


@contextmanager
def answering(seconds: float) -> Iterator[None]:
    """Turns what MongoDB may say into the problem that is answered."""
    try:
        yield
    except (ExecutionTimeout, NetworkTimeout) as error:
        raise problems.too_slow(seconds) from error
    except WaitQueueTimeoutError as error:
        raise problems.busy("questions") from error
    except PyMongoError as error:
        if isinstance(error, OperationFailure) and error.code == BAD_VALUE:
            problem = problems.not_prepared()
        else:
            problem = problems.archive_away()
        log.warning(problem.kind, error=type(error).__name__, reason=str(error)[:REASON_CHARACTERS])
        raise problem from error
