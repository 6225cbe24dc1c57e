"""The credits of each channel over the conversions of a time, in every model."""

import asyncio
from http import HTTPStatus
from typing import Any

import msgspec

from persistence.api.windows.formats import WRITERS, Columns
from persistence.api.windows.question import WindowQuestion
from persistence.api.windows.source import WindowSource
from tillstream.http.problems import ProblemError
from tillstream.streams import credit_documents
from tillstream.streams.changes import MODELS, WHOLE_CREDIT, credits_collection
from tillstream.streams.credit_documents import CHANNEL
from tillstream.streams.definition import Definitions, Window

#: Channels of one answer.
MAX_CHANNELS = 10_000
CONVERSIONS = "conversions"
COLUMNS = Columns(
    [CHANNEL, *MODELS, CONVERSIONS],
    {CHANNEL: ("text", 0), **dict.fromkeys((*MODELS, CONVERSIONS), ("integer", 0))},
)


def asked_as_credits(definitions: Definitions, name: str) -> Window:
    """The collection of an attribution's credits as questions are read."""
    attribution = definitions.attributions[name]
    return Window(
        name=name,
        stream=attribution.credits,
        size_us=1,
        measures=(),
        start_column=definitions.streams[attribution.credits].time_column,
        database=attribution.database,
        collection=credits_collection(attribution),
    )


async def source_sums(asked: Window, question: WindowQuestion, source: WindowSource) -> bytes:
    """The file, or as JSON `from`, `to`, `conversions` (of all channels) and `items`.

    Raises ProblemError.
    """
    times = {"$gte": question.first, "$lt": question.end}
    pipeline = credit_documents.sums(asked.start_column, times, MAX_CHANNELS + 1)
    found = await source.sums(asked, pipeline, "by_time")
    if len(found) > MAX_CHANNELS:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "too-many-rows",
            f"There are more than {MAX_CHANNELS:,} channels in this time; ask for a shorter one.",
        )
    rows: list[dict[str, Any]] = [
        {CHANNEL: each["_id"], **{name: int(each[name]) for name in COLUMNS.names[1:]}}
        for each in found
    ]
    if question.format == "json":
        # A conversion counts in each of its channels; its credits add up to one.
        conversions = sum(row[MODELS[0]] for row in rows) // WHOLE_CREDIT
        return msgspec.json.encode(
            {"from": question.first, "to": question.end, CONVERSIONS: conversions, "items": rows}
        )
    _, written = WRITERS[question.format]
    return await asyncio.to_thread(written, COLUMNS, rows, None)
