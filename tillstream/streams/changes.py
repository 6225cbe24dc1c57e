"""Streams of changes: rows that are taken back and replaced, so that sums over them stay exact.

A conversion has a row at once, before all that belongs to it was heard. When another touch or a
product comes, its row is taken back (`sign` -1, the values that it had) and put again (+1). A row
that only becomes final has the sign 0. So sums of `sign * value` are right at every moment, and
merge as any other; the newest row of a conversion is that of its greatest `row_version`, of a sign
that is not -1. Of credits a conversion's rows change all together: those of its greatest
`row_version`, of a sign that is not -1, are all that it has.
"""

from collections.abc import Iterator, Mapping

import msgspec

from tillstream.streams.definition import Attribution, Field, Stream

SIGN = "sign"
#: Grows with each change of a conversion, over restarts and recounts: the commit that made it.
ROW_VERSION = "row_version"
#: Whether no touch is awaited any more; whether the conversion itself came after that.
IS_FINAL, IS_LATE = "is_final", "is_late"
#: The tables that do not have it yet, by name with a comma between; null when all have.
MISSING = "missing"
#: How many touches were found.
TOUCHES = "touches"

#: The fields that every stream of changes has after its own.
FIELDS = (
    Field(name=SIGN, type="integer", required=True, minimum=-1, maximum=1),
    Field(name=ROW_VERSION, type="integer", required=True, minimum=0),
    Field(name=IS_FINAL, type="boolean", required=True),
    Field(name=IS_LATE, type="boolean", required=True),
    Field(name=MISSING, type="text"),
    Field(name=TOUCHES, type="integer", required=True, minimum=0),
)
NAMES = tuple(field.name for field in FIELDS)
#: Those that no window uses: a window sees only rows that change a figure.
NOT_COUNTED = (SIGN, ROW_VERSION, IS_FINAL)

#: What the credits of a conversion add up to in each model: millionths.
WHOLE_CREDIT = 1_000_000
#: The columns of a stream of credits, one for each model.
MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "time_decay",
    "position_based",
)


def credits_stream(attribution: Attribution, conversions: Stream, made: Stream) -> Stream:
    """The stream of credits: conversion, its time, channel, the credits of each model, changes."""
    time = conversions.field(conversions.time_column)
    return Stream(
        name=attribution.credits,
        title=f"{made.title}: credits" if made.title else "Credits",
        source="attribution",
        event_time=time.name,
        lateness_us=made.lateness_us,
        retention_us=made.retention_us,
        fields=(
            conversions.field(attribution.conversion_id),
            time,
            Field(name="channel", type="text", description="None: no touch was found"),
            *(
                Field(name=model, type="integer", required=True, maximum=WHOLE_CREDIT)
                for model in MODELS
            ),
            *FIELDS[: NAMES.index(MISSING)],
        ),
    )


def credits_collection(attribution: Attribution) -> str:
    """The collection of credits in MongoDB, beside that of conversions."""
    return f"events_{attribution.credits}"


def value_column(stream: str, field: str) -> str:
    """Under which name the SQL of a field finds a value of a touch or a table: `clicks_source`."""
    return f"{stream}_{field}"


def value_columns(
    attribution: Attribution, streams: Mapping[str, Stream]
) -> Iterator[tuple[str, Field, Stream]]:
    """What the SQL of a made stream's fields is over: each column's name, its field and stream.

    Only the conversions' own are there for sure; a stream that is not in `streams` has none.
    """
    if conversions := streams.get(attribution.conversions):
        for field in conversions.fields:
            yield field.name, field, conversions
    for name in (attribution.touches, *(table.stream for table in attribution.tables)):
        if stream := streams.get(name):
            for field in stream.fields:
                optional = msgspec.structs.replace(field, required=False)
                yield value_column(name, field.name), optional, stream
