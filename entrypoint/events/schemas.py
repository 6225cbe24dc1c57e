"""What a stream takes, for people and programs: its JSON Schema and an event that can be sent."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from entrypoint.events import answers
from entrypoint.events.body import READERS
from entrypoint.events.values import decimal_bounds, minor_units
from tillstream.http.asgi import json_reply
from tillstream.http.requests import response
from tillstream.streams.definition import LEAST_INTEGER, MOST_INTEGER, Field, Stream

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class SchemaPages:
    """`GET /streams` and `GET /streams/{name}`."""

    def __init__(self, streams: dict[str, Stream]) -> None:
        """`streams`: those that senders may post to."""
        self._streams = streams

    def routes(self) -> list[BaseRoute]:
        """The pages and their paths."""
        return [Route("/streams", self.all), Route("/streams/{name}", self.one)]

    async def all(self, _: Request) -> Response:
        """Every stream: its name, title, version and path."""
        found = [
            {"name": s.name, "title": s.title, "version": s.version, "path": f"/events/{s.name}"}
            for s in self._streams.values()
        ]
        return response(json_reply(200, {"streams": found}))

    async def one(self, request: Request) -> Response:
        """The schema of a stream and an example; raises the ProblemError 404."""
        name = request.path_params["name"]
        stream = self._streams.get(name)
        if stream is None:
            raise answers.unknown_stream(name, list(self._streams))
        return response(json_reply(200, describe(stream)))


def describe(stream: Stream) -> dict[str, Any]:
    """All that a sender has to know of a stream."""
    return {
        "name": stream.name,
        "title": stream.title,
        "version": stream.version,
        "path": f"/events/{stream.name}",
        "formats": list(READERS),
        "cloudevents": stream.cloudevents,
        "eventTime": stream.event_time or "the door's clock",
        "identity": list(stream.identity),
        "schema": {"$schema": DIALECT, **json_schema(stream)},
        "example": example(stream),
    }


def json_schema(stream: Stream) -> dict[str, Any]:
    """Of one event as a JSON object."""
    return {
        "type": "object",
        "title": stream.title or stream.name,
        "properties": {field.name: _property(field) for field in stream.fields},
        "required": [field.name for field in stream.fields if field.required],
        "additionalProperties": False,
        "examples": [example(stream)],
    }


def example(stream: Stream) -> dict[str, Any]:
    """An event that the stream takes."""
    return {field.name: _example(field) for field in stream.fields}


def _property(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"description": field.description} if field.description else {}
    match field.type:
        case "text":
            found |= {"type": "string", "maxLength": field.max_length}
            if field.required:
                found["minLength"] = 1
        case "enum":
            found |= {"type": "string", "enum": list(field.values)}
        case "integer":
            found |= {"type": "integer"}
            if field.minimum != LEAST_INTEGER:
                found["minimum"] = field.minimum
            if field.maximum != MOST_INTEGER:
                found["maximum"] = field.maximum
        case "decimal":
            least, most = decimal_bounds(field)
            unit = 10**field.scale
            found |= {"type": "number", "minimum": least / unit, "maximum": most / unit}
        case "boolean":
            found |= {"type": "boolean"}
        case "timestamp":
            zone = f"without a zone it is {field.zone}" if field.zone else "with its zone"
            found |= {"type": "string", "format": "date-time", "$comment": zone}
    if field.integers:
        found["type"] = ["string", "integer"]
    if not field.required:
        kinds = found["type"]
        found["type"] = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


def _example(field: Field) -> Any:
    text = field.example
    match field.type:
        case "enum":
            return text or field.values[0]
        case "integer":
            return int(text) if text else min(max(field.minimum, 1), field.maximum)
        case "decimal":
            least, most = decimal_bounds(field)
            units = minor_units(field, text) if text else min(max(least, 1250), most)
            return units / 10**field.scale if field.scale else units
        case "boolean":
            return text != "false"
        case "timestamp":
            return text or datetime(2026, 11, 21, 8, 0, 1, tzinfo=UTC).isoformat()
        case _:
            return text or field.name[: field.max_length]
