"""A page of a collection's rows as an answer: that of a window, or of an attribution."""

import asyncio
from urllib.parse import urlencode

from fastapi import Request, Response

from persistence.api.head import head
from persistence.api.windows.formats import WRITERS, Columns
from persistence.api.windows.queries import Query, cursor_text
from persistence.api.windows.question import WindowQuestion
from persistence.api.windows.source import WindowSource
from tillstream.streams import window_documents
from tillstream.streams.definition import Window


async def page(
    request: Request,
    asked: Window,
    question: WindowQuestion,
    query: Query,
    columns: Columns,
    source: WindowSource,
) -> Response:
    """The rows that a question is for, with a link to the next ones; raises ProblemError."""
    media_type, written = WRITERS[question.format]
    headers = {"vary": "Accept"}
    if request.method == "HEAD":
        return head(media_type, headers)
    found = await source.documents(asked, query, question.limit + 1)
    shown = found[: question.limit]
    cursor = None
    if len(found) > len(shown):
        cursor = cursor_text(asked, question, shown[-1])
        headers["link"] = f'<{_next(request, cursor)}>; rel="next"'
    rows = [window_documents.row(each) for each in shown]
    if question.format == "parquet":
        # Its library is loaded at the first file: that takes a second.
        body = await asyncio.to_thread(written, columns, rows, cursor)
    else:
        body = written(columns, rows, cursor)
    return Response(body, headers=headers, media_type=media_type)


def _next(request: Request, cursor: str) -> str:
    query = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
    return f"{request.url.path}?{urlencode([*query, ('cursor', cursor)])}"
