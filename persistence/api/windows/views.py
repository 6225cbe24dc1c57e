"""What is told of the windows that are declared, and how it stands in the OpenAPI document."""

from typing import Any, get_args

import msgspec

from persistence.api import responses
from persistence.api.windows import changes
from persistence.api.windows.formats import columns
from persistence.api.windows.queries import Query
from persistence.api.windows.question import (
    DEFAULT_LIMIT,
    DEFAULT_MINUTES,
    MAX_LIMIT,
    MAX_MINUTES,
    MEDIA,
    Format,
)
from tillstream.streams.definition import MICROSECONDS, Definitions, Key, Measure, ReadAs, Window
from tillstream.streams.window_rows import CHANGE, FINAL, LATE, REVISION

#: The row that changed last.
NEWEST = Query({}, {CHANGE: -1, "_id": -1}, "by_change")

TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": ["integer", "null"]},
    "decimal": {"type": ["string", "null"], "description": "A decimal, as text."},
    "timestamp": {"type": ["string", "null"], "format": "date-time"},
    "text": {"type": ["string", "null"]},
    "boolean": {"type": ["boolean", "null"]},
}


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key, a measure or a column of a row."""

    name: str
    #: Of a column that is made when it is read: null.
    type: ReadAs | None
    unit: str = ""
    scale: int = 0


class WindowView(msgspec.Struct, frozen=True, rename="camel"):
    """A window; `start` and `end` are the columns of a row's bounds, a dot is a level."""

    name: str
    title: str
    stream: str
    size_seconds: float
    start: str
    end: str
    keys: list[Figure]
    measures: list[Figure]
    columns: list[Figure]
    chart: tuple[str, ...]


def encoded(definitions: Definitions) -> bytes:
    """The windows by name, as JSON."""
    windows = [view(definitions.windows[name]) for name in sorted(definitions.windows)]
    return msgspec.json.encode({"windows": windows})


def view(window: Window) -> WindowView:
    """What a client has to know of a window."""
    return WindowView(
        name=window.name,
        title=window.title or window.name,
        stream=window.stream,
        size_seconds=window.size_us / MICROSECONDS,
        start=window.start_column,
        end=window.end_column,
        keys=[Figure(key.name, key.read_as, scale=key.scale) for key in window.keys],
        measures=[
            Figure(each.name, each.read_as, each.unit, each.scale)
            for each in window.measures
            if not each.hidden
        ],
        columns=[Figure(each.name, None, each.unit) for each in window.columns],
        chart=window.chart,
    )


def paths(definitions: Definitions) -> dict[str, Any]:
    """The paths of an OpenAPI document: of the list, and of each window with its own keys."""
    found = {
        "/windows": get("windows", "The windows that are declared", [], responses.WINDOWS),
    }
    for name in sorted(definitions.windows):
        window = definitions.windows[name]
        title = window.title or name
        keys = [
            parameter(
                key.name,
                "A value of this key, of several each; empty for the row of events without one.",
                {"type": "array", "items": {"type": "string"}},
            )
            for key in window.keys
        ]
        found[f"/windows/{name}"] = get(
            f"window_{name}",
            f"{title}: rows in order of their start and keys",
            [*RANGE, *keys, *PAGE],
            responses.window_rows(_page(window), list(MEDIA)),
        )
        found[f"/windows/{name}/last"] = get(
            f"last_{name}",
            f"{title}: the newest minutes as sums, one row for each of the keys",
            [_MINUTES, *keys],
            responses.WINDOW_SUMS,
        )
        found[f"/windows/{name}/changes"] = get(
            f"changes_{name}",
            f"{title}: rows as they change, as server-sent events",
            [*keys, _LAST],
            responses.window_changes(changes.MEDIA_TYPE),
        )
    return found


def get(
    operation: str, summary: str, parameters: list[Any], answers: responses.Responses
) -> dict[str, Any]:
    """A path of an OpenAPI document."""
    described = {str(status): answer for status, answer in answers.items()}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": parameters,
            "responses": described,
        }
    }


def parameter(
    name: str, description: str, schema: dict[str, Any], where: str = "query"
) -> dict[str, Any]:
    """A parameter of an OpenAPI document."""
    return {
        "name": name,
        "in": where,
        "required": False,
        "description": description,
        "schema": schema,
    }


RANGE = [
    parameter("from", "Rows that begin at this time or later, in UTC.", {"type": "string"}),
    parameter("to", "Rows that begin before this time; not included.", {"type": "string"}),
]
FORMAT = parameter(
    "format",
    "Goes before the header Accept.",
    {"type": "string", "enum": list(get_args(Format))},
)
PAGE = [
    parameter("cursor", "`next` of the page before.", {"type": "string"}),
    parameter(
        "limit",
        "Rows of a page.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    FORMAT,
]
_MINUTES = parameter(
    "minutes",
    "Of how many minutes, up to and with that of the newest row.",
    {"type": "integer", "minimum": 1, "maximum": MAX_MINUTES, "default": DEFAULT_MINUTES},
)
_LAST = parameter(
    "Last-Event-ID",
    "The id of the last event that was seen; without it, from now on. 0 is from the beginning.",
    {"type": "string"},
    "header",
)


def _page(window: Window) -> dict[str, Any]:
    typed: list[Key | Measure] = [*window.keys, *window.measures]
    types: dict[str, Any] = {
        window.start_column: TYPES["timestamp"],
        window.end_column: TYPES["timestamp"],
        **{each.name: TYPES[each.read_as] for each in typed},
        REVISION: {"type": "integer"},
        LATE: {"type": "integer"},
        FINAL: {"type": "boolean"},
    }
    row: dict[str, Any] = {"type": "object", "properties": {}}
    for name in columns(window):
        levels = name.split(".")
        place = row
        for level in levels[:-1]:
            place = place["properties"].setdefault(level, {"type": "object", "properties": {}})
        place["properties"][levels[-1]] = types.get(name, {})
    return {
        "type": "object",
        "required": ["items", "next"],
        "properties": {
            "items": {"type": "array", "items": row},
            "next": {"type": ["string", "null"]},
        },
    }
