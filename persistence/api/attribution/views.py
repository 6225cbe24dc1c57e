"""How the paths of attributions stand in the OpenAPI document."""

from typing import Any

from persistence.api import responses
from persistence.api.attribution.endpoints import asked_as, columns_of
from persistence.api.attribution.sums import COLUMNS
from persistence.api.windows.question import MEDIA
from persistence.api.windows.views import FORMAT, PAGE, RANGE, TYPES, get, parameter
from tillstream.streams.changes import MODELS, WHOLE_CREDIT
from tillstream.streams.credit_documents import CHANNEL, CREDITS
from tillstream.streams.definition import Definitions

_CREDITS = {
    "type": "array",
    "description": f"By channel; of each model {WHOLE_CREDIT:,} in all.",
    "items": {
        "type": "object",
        "properties": {CHANNEL: TYPES["text"], **{model: {"type": "integer"} for model in MODELS}},
    },
}
_SUMS = {
    "type": "object",
    "required": ["from", "to", "conversions", "items"],
    "properties": {
        "from": {"type": "string", "format": "date-time"},
        "to": {"type": "string", "format": "date-time"},
        "conversions": {"type": "integer"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {each: TYPES[kind] for each, (kind, _) in COLUMNS.typed.items()},
            },
        },
    },
}


def paths(definitions: Definitions) -> dict[str, Any]:
    """The paths of each attribution with its own keys and fields."""
    found: dict[str, Any] = {}
    for name in sorted(definitions.attributions):
        stream = definitions.streams[name]
        typed = columns_of(stream).typed
        row: dict[str, Any] = {
            "type": "object",
            "properties": {field: TYPES[read_as] for field, (read_as, _) in typed.items()},
        }
        page = {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": row},
                "next": {"type": ["string", "null"]},
            },
        }
        keys = [
            parameter(key.name, "A value of it, of several each.", {"type": "array", "items": {}})
            for key in asked_as(definitions, name).keys
        ]
        title = stream.title or name
        found[f"/attribution/{name}"] = get(
            f"attribution_{name}",
            f"{title}: the newest row of each, in the order of their time",
            [*RANGE, *keys, *PAGE],
            responses.window_rows(page, list(MEDIA)),
        )
        conversion = parameter("conversion", "Its id.", {"type": "string"}, "path")
        found[f"/attribution/{name}/{{conversion}}"] = get(
            f"attribution_of_{name}",
            f"{title}: the newest row of one, with its credits in every model",
            [conversion | {"required": True}],
            responses.conversion(row | {"properties": row["properties"] | {CREDITS: _CREDITS}}),
        )
        found[f"/attribution-sources/{name}"] = get(
            f"attribution_sources_of_{name}",
            f"{title}: the sums of credits by channel in every model, millionths",
            [*(each | {"required": True} for each in RANGE), FORMAT],
            responses.source_sums(_SUMS, list(MEDIA)),
        )
    return found
