"""How the paths of attributions stand in the OpenAPI document."""

from typing import Any

from persistence.api import responses
from persistence.api.attribution.endpoints import asked_as, columns_of
from persistence.api.windows.question import MEDIA
from persistence.api.windows.views import PAGE, RANGE, TYPES, get, parameter
from tillstream.streams.definition import Definitions


def paths(definitions: Definitions) -> dict[str, Any]:
    """The paths of each attribution with its own keys and fields."""
    found: dict[str, Any] = {}
    for name in sorted(definitions.attributions):
        stream = definitions.streams[name]
        typed = columns_of(stream).typed
        row = {
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
            f"{title}: the newest row of one",
            [conversion | {"required": True}],
            responses.conversion(row),
        )
    return found
