"""`GET` of the conversions of an attribution: the newest row of each, as MongoDB has it.

A collection of conversions is asked as that of a window is: by time, by one key, page by page.
"""

from http import HTTPStatus

import msgspec
from fastapi import Depends, FastAPI, Request, Response

from persistence.api import problems
from persistence.api.attribution.sums import asked_as_credits, source_sums
from persistence.api.callers import Callers
from persistence.api.head import head
from persistence.api.windows.formats import WRITERS, Columns
from persistence.api.windows.page import page
from persistence.api.windows.queries import Query, rows_query
from persistence.api.windows.question import asked_changes, asked_rows, asked_sums
from persistence.api.windows.source import WindowSource
from tillstream.codec import JSON
from tillstream.http.problems import ProblemError
from tillstream.streams import credit_documents, window_documents
from tillstream.streams.changes import IS_FINAL, SIGN
from tillstream.streams.definition import Definitions, Key, ReadAs, Stream, Window


class AttributionEndpoints:
    """Every path that begins with `/attribution`, and that of the sums.

    Those are under a path of their own: a conversion's id may be any text.
    """

    def __init__(self, definitions: Definitions, source: WindowSource, callers: Callers) -> None:
        self._streams = {name: definitions.streams[name] for name in definitions.attributions}
        self._asked = {name: asked_as(definitions, name) for name in definitions.attributions}
        self._credits = {
            name: asked_as_credits(definitions, name) for name in definitions.attributions
        }
        self._source = source
        self._callers = callers

    def add_to(self, app: FastAPI) -> None:
        """The paths; the document describes those of each attribution (`views.paths`)."""
        for path, endpoint in (
            ("/attribution/{name}", self.rows),
            ("/attribution/{name}/{conversion:path}", self.row),
            ("/attribution-sources/{name}", self.sources),
        ):
            app.add_api_route(
                path,
                endpoint,
                include_in_schema=False,
                dependencies=[Depends(self._callers.remember)],
            )

    async def rows(self, request: Request, name: str) -> Response:
        """A page of conversions in the order of their time."""
        asked = self._of(name)
        accept = request.headers.get("accept", "")
        question = asked_rows(asked, request.query_params, accept, request.state.caller)
        key = asked.keys[0].name
        # Whether one is final is looked at row by row.
        hint = "by_key" if key in question.keys else "by_time"
        query = rows_query(asked, question)._replace(hint=hint)
        columns = columns_of(self._streams[name])
        return await page(request, asked, question, query, columns, self._source)

    async def row(self, request: Request, name: str, conversion: str) -> Response:
        """The newest row of one, and its credits in every model."""
        asked = self._of(name)
        asked_changes(asked, request.query_params, request.state.caller)
        query = Query({"_id": conversion}, {"_id": 1}, "_id_")
        found = await self._source.documents(asked, query, 1)
        if not found:
            raise ProblemError(
                HTTPStatus.NOT_FOUND, "no-conversion", f"{name} has no {conversion[:64]!r}."
            )
        # After the row: what it is made of is stored before it.
        credited = await self._source.documents(self._credits[name], query, 1)
        row = window_documents.row(found[0])
        row[credit_documents.CREDITS] = credited[0][credit_documents.CREDITS] if credited else []
        return Response(msgspec.json.encode(row), media_type=JSON)

    async def sources(self, request: Request, name: str) -> Response:
        """The sums of each channel in every model."""
        self._of(name)
        accept = request.headers.get("accept", "")
        asked = self._credits[name]
        question = asked_sums(asked, request.query_params, accept, request.state.caller)
        media_type, headers = WRITERS[question.format][0], {"vary": "Accept"}
        if request.method == "HEAD":
            return head(media_type, headers)
        body = await source_sums(asked, question, self._source)
        return Response(body, headers=headers, media_type=media_type)

    def _of(self, name: str) -> Window:
        asked = self._asked.get(name)
        if asked is None:
            near = problems.nearest(name, self._asked)
            raise ProblemError(
                HTTPStatus.NOT_FOUND, "no-attribution", f"No attribution is {name[:64]!r}{near}"
            )
        return asked


def asked_as(definitions: Definitions, name: str) -> Window:
    """The collection of an attribution as questions are read: its time, and its keys."""
    attribution, stream = definitions.attributions[name], definitions.streams[name]
    return Window(
        name=name,
        stream=name,
        size_us=1,
        measures=(),
        start_column=stream.time_column,
        keys=(
            Key(name=attribution.key, sql=attribution.key),
            Key(name=IS_FINAL, sql=IS_FINAL, read_as="boolean"),
        ),
        database=attribution.database,
        collection=attribution.collection_name,
    )


def columns_of(stream: Stream) -> Columns:
    """The columns of a row: the stream's fields without the sign."""
    typed: dict[str, tuple[ReadAs, int]] = {
        field.name: ("text" if field.type == "enum" else field.type, field.scale)
        for field in stream.fields
        if field.name != SIGN
    }
    return Columns(list(typed), typed)
