"""The paths of events in the OpenAPI document, one for each stream."""

from collections.abc import Mapping
from typing import Any

from entrypoint.events import cloudevents, track
from entrypoint.events.body import READERS
from entrypoint.events.schemas import example, json_schema
from tillstream.codec import JSON
from tillstream.streams.definition import Stream


def event_paths(
    streams: Mapping[str, Stream], responses: Mapping[str, Any], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    """`/events/NAME` of each stream, and `/track`."""
    paths: dict[str, Any] = {}
    for stream in streams.values():
        schema = json_schema(stream)
        one_or_more = {"oneOf": [schema, {"type": "array", "items": schema}]}
        others = [kind for kind in READERS if kind != JSON]
        if stream.cloudevents:
            others += [cloudevents.STRUCTURED, cloudevents.BATCH]
        content: dict[str, Any] = {JSON: {"schema": one_or_more, "example": example(stream)}}
        paths[f"/events/{stream.name}"] = {
            "post": {
                "operationId": f"postEvents_{stream.name}",
                "summary": f"Send events: {stream.title or stream.name}",
                "parameters": parameters,
                "requestBody": {
                    "required": True,
                    "content": content | {kind: {} for kind in others},
                },
                "responses": responses,
            }
        }
        if stream.name == track.STREAM:
            paths[track.TRACK] = _track(stream, responses)
    return paths


def _track(stream: Stream, responses: Mapping[str, Any]) -> dict[str, Any]:
    created = {
        "description": "Durable.",
        "content": {
            JSON: {"schema": {"type": "object", "properties": {"detail": {"type": "string"}}}}
        },
    }
    refusals = {status: said for status, said in responses.items() if int(status) >= 400}
    return {
        "post": {
            "operationId": "postTrack",
            "summary": "Send one event of a web page",
            "parameters": [
                {
                    "name": "X-Token",
                    "in": "header",
                    "required": False,
                    "description": "An API key, instead of the header Authorization.",
                    "schema": {"type": "string"},
                }
            ],
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": json_schema(stream), "example": example(stream)}},
            },
            "responses": {"201": created, **refusals},
        }
    }
