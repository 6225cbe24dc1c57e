"""The collections of windows, read as a majority of MongoDB's members has them."""

from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern

from persistence.api.source import answering
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
        database = window_documents.database_name(window, self._database)
        collection = self._client[database].get_collection(
            window_documents.collection_name(window),
            codec_options=window_documents.OPTIONS,
            read_concern=ReadConcern("majority"),
        )
        with answering(ROWS_SECONDS):
            found = collection.find(
                query.filter,
                sort=query.sort,
                hint=query.hint,
                limit=limit,
                # All in one answer.
                batch_size=limit + 1,
                max_time_ms=int(ROWS_SECONDS * 1000),
            )
            return await found.to_list()
