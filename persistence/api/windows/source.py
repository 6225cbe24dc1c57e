"""The collections of windows, read as a majority of MongoDB's members has them."""

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from persistence.api.source import SALES_SECONDS, answering
from persistence.api.windows.queries import Query
from tillstream.archive import Document
from tillstream.streams import window_documents
from tillstream.streams.definition import Window

#: Longest that MongoDB may work on one page, seconds.
ROWS_SECONDS = 5.0


class WindowSource:
    """Rows of windows as their documents."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._client = client
        self._database = database

    async def documents(self, window: Window, query: Query, limit: int) -> list[Document]:
        """The first `limit` documents of a query; raises ProblemError."""
        with answering(ROWS_SECONDS):
            found = self._collection(window).find(
                query.filter,
                sort=query.sort,
                hint=query.hint,
                limit=limit,
                # All in one answer.
                batch_size=limit + 1,
                max_time_ms=int(ROWS_SECONDS * 1000),
            )
            return await found.to_list()

    async def sums(self, window: Window, pipeline: list[Document], hint: str) -> list[Document]:
        """What a pipeline makes of all rows; raises ProblemError."""
        with answering(SALES_SECONDS):
            found = await self._collection(window).aggregate(
                pipeline, hint=hint, maxTimeMS=int(SALES_SECONDS * 1000)
            )
            return await found.to_list()

    def _collection(self, window: Window) -> AsyncCollection[Document]:
        database = window_documents.database_name(window, self._database)
        return self._client[database].get_collection(
            window_documents.collection_name(window),
            codec_options=window_documents.OPTIONS,
            read_concern=ReadConcern("majority"),
        )
