"""Questions answered across the tiers: MongoDB, and the analytic archive for what it dropped.

MongoDB is asked first. Where the answer may touch days that only the analytic archive has whole,
that is asked as well, and what MongoDB has too is left out there by its key.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any, TypeVar
from urllib.parse import unquote

from persistence.api import archived_pages, archived_sql, archived_sums, problems
from persistence.api.analytic_archive import AnalyticArchive
from persistence.api.archived_exports import across
from persistence.api.archived_sql import Days, days_of
from persistence.api.merging import merged, placing
from persistence.api.parameters import SalesQuestion
from persistence.api.queries import Query, oldest_first
from persistence.api.sales import currencies_query, sales_query
from persistence.api.source import RECEIPTS_SECONDS, SALES_SECONDS, Source
from tillstream.archive import Document, in_currency
from tillstream.clock import AROUND
from tillstream.currencies import CURRENCY
from tillstream.earlier_keys import begins_as_today, keys_of_days, names_no_day, todays_key
from tillstream.http.problems import ProblemError
from tillstream.stores import StoreTable

T = TypeVar("T")

#: How often a question is asked anew since another of its days was marked meanwhile.
TRIES = 3


class Tiers:
    """Every receipt, wherever it is."""

    def __init__(self, source: Source, analytic: AnalyticArchive, table: StoreTable) -> None:
        self._source = source
        self._analytic = analytic
        self._table = table

    async def is_there(self) -> bool:
        """Whether MongoDB has a server to read from now."""
        return await self._source.is_there()

    async def receipt(self, key: str) -> tuple[Document, list[Document]] | None:
        """A receipt, without `raw` where no MongoDB has it, and what came later under its identity.

        An earlier key finds it too; one of a UUID, which named no day, what was received first.
        """
        found = await self._source.receipt(key)
        if found is not None and not names_no_day(key):
            return found
        archived = await self._steadily(lambda: self._archived(key))
        if archived is None:
            return found
        if found is not None and found[0]["receivedAt"] <= archived["receivedAt"]:
            return found
        # It may have come to MongoDB since, or be there whole.
        again = await self._source.receipt(archived["_id"])
        return again or (archived, await self._source.conflicts(archived["_id"]))

    async def page(self, query: Query, fields: Iterable[str], limit: int) -> list[Document]:
        """The first `limit` documents of a query."""
        for _ in range(TRIES):
            found = await self._source.page(query, fields, limit)
            days = await self._needed(query, found, limit)
            if not days:
                return found
            page = await self._steadily(
                lambda found=found, days=days: self._page(query, fields, limit, found, days)  # type: ignore[misc]
            )
            if await self._needed(query, found, limit) == days:
                return page
        raise problems.busy("questions to days that are on their way to the analytic archive")

    async def sales(self, question: SalesQuestion) -> list[dict[str, Any]]:
        """The rows of a sum, by key."""
        query = sales_query(question, self._table)
        span = days_of(query.pipeline[0]["$match"])
        days = await self._analytic.only_there(span)
        for _ in range(TRIES):
            rows = await (
                self._steadily(lambda days=days: self._sales(question, days))  # type: ignore[misc]
                if days
                else self._source.sales(query)
            )
            before, days = days, await self._analytic.only_there(span)
            if days == before:
                return rows
        raise problems.busy("questions to days that are on their way to the analytic archive")

    async def other_currencies(self, question: SalesQuestion) -> list[str]:
        """The currencies, but that of the question, of receipts of its days and stores."""
        matched = sales_query(question, self._table).pipeline[0]["$match"]
        unnamed = None
        if question.currency != CURRENCY:
            unnamed = oldest_first(matched | in_currency(CURRENCY), question.stores)
        found = await self._source.currencies(currencies_query(question), unnamed)
        if days := await self._analytic.only_there(days_of(matched)):
            found |= await self._steadily(lambda: self._filed_currencies(matched, days))
        return sorted(found - {question.currency})

    async def _filed_currencies(self, matched: Document, days: list[date]) -> set[str]:
        of_any = {name: wanted for name, wanted in matched.items() if name != "currency"}
        async with self._analytic.session() as session:
            relation = self._analytic.relation(days)
            return await session.run(
                lambda connection: archived_sums.currencies(connection, relation, of_any),
                SALES_SECONDS,
            )

    def batches(
        self, query: Query, fields: Iterable[str], size: int
    ) -> AbstractAsyncContextManager[AsyncGenerator[list[Document]]]:
        """Every document of a query, at most `size` at a time; what is open ends with the block."""
        return across(self._source, self._analytic, query, fields, size)

    async def _steadily(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask once more where a file went because its day was written anew meanwhile."""
        try:
            return await ask()
        except ProblemError:
            if not await self._analytic.changed():
                raise
        return await ask()

    async def _archived(self, key: str) -> Document | None:
        if names_no_day(key):
            days = await self._analytic.only_there(Days())
            keys, store = keys_of_days(key, map(str, days)), key.partition("/")[0]
        else:
            todays = todays_key(key)
            _, slash, rest = todays.partition("/")
            # A date alone begins as a key does, and is none.
            if not slash or begins_as_today(todays) is None:
                return None
            days = await self._analytic.only_there(_around(todays))
            keys, store = [todays], rest.partition("/")[0]
        if not days:
            return None
        matched = {"store": unquote(store), "_id": {"$in": keys}}
        first_received = f"{archived_sql.condition(matched)} ORDER BY receivedAt, key LIMIT 1"
        async with self._analytic.session() as session:
            relation = self._analytic.relation(days)
            rows = await session.run(
                lambda connection: archived_pages.rows(connection, relation, first_received),
                RECEIPTS_SECONDS,
            )
        return rows[0] if rows else None

    async def _needed(self, query: Query, found: list[Document], limit: int) -> list[date]:
        """The days of the analytic archive that a page may touch, in its order."""
        span = days_of(query.filter)
        newest_first = query.sort["date"] < 0
        if len(found) == limit:
            last = found[-1]
            if "businessDay" in query.sort:
                day = date.fromisoformat(last["businessDay"])
                first_day = last_day = day
            else:
                first_day = archived_sql.beside(last["date"], -AROUND)
                last_day = archived_sql.beside(last["date"], AROUND)
            if newest_first:
                span = Days(max(span.first, first_day), span.last)
            else:
                span = Days(span.first, min(span.last, last_day))
        days = await self._analytic.only_there(span)
        return days[::-1] if newest_first else days

    async def _page(
        self,
        query: Query,
        fields: Iterable[str],
        limit: int,
        found: list[Document],
        days: list[date],
    ) -> list[Document]:
        place, most = placing(query.sort), limit
        async with self._analytic.session() as session:
            while True:
                archived = await archived_pages.first(
                    session, self._analytic, query, days, most, RECEIPTS_SECONDS
                )
                known = await self._source.known([each["_id"] for each in archived])
                if known - {each["_id"] for each in found}:
                    # It came since MongoDB was asked, or says another thing there.
                    found = await self._source.page(query, fields, limit)
                page = merged(found, (a for a in archived if a["_id"] not in known), place)
                if len(archived) < most:
                    return page[:limit]
                # Beyond the last that was read there may be others.
                end = place(archived[-1])
                page = [each for each in page if place(each) <= end]
                if len(page) >= limit:
                    return page[:limit]
                most *= 2

    async def _sales(self, question: SalesQuestion, days: list[date]) -> list[dict[str, Any]]:
        query = sales_query(question, self._table)
        rest, dropped = archived_sums.parted(query, question, days)
        async with self._analytic.session() as session:
            await session.run(lambda connection: archived_sums.hear(connection, []), SALES_SECONDS)
            # One reading of MongoDB for the dropped days: while they are dropped, what it does not
            # have any more is counted from the files, and what it has is not.
            async with self._source.batches(dropped, archived_sums.FIELDS, 1_000) as batches:
                async for batch in batches:
                    await session.run(
                        lambda connection, batch=batch: archived_sums.hear(connection, batch),  # type: ignore[misc]
                        SALES_SECONDS,
                    )
            sql = archived_sums.sums_sql(
                question,
                query.pipeline[0]["$match"],
                self._analytic.relation(days),
                self._table,
            )
            in_files, in_mongo = await asyncio.gather(
                session.run(lambda connection: archived_sums.rows(connection, sql), SALES_SECONDS),
                self._source.sales(rest),
            )
        return archived_sums.added(in_files, in_mongo)


def _around(key: str) -> Days:
    """The business days that a receipt may be of whose key begins with its day."""
    try:
        day = date.fromisoformat(key[:10])
        return Days(day - AROUND, day + AROUND)
    except (ValueError, OverflowError):
        return Days()
