"""CloudEvents 1.0 over HTTP: structured JSON, a batch of it, and binary mode.

The data is the event of the stream; `source` and `id` are its identity. Other attributes are not
kept. What the modes are is said by the HTTP binding of CloudEvents 1.0.2.
"""

from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.types import Scope

from entrypoint.bodies import media_type
from entrypoint.events.broken_rules import BrokenRuleError, shown
from entrypoint.events.contract import Contract
from entrypoint.events.json_body import READ_ERRORS, value_of
from entrypoint.events.reading import BodyError, SlowRow
from entrypoint.syntax_errors import json_error
from tillstream.codec import JSON
from tillstream.http.asgi import header

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

SPEC_VERSION = "1.0"
#: Characters of an attribute that is kept.
MOST_CHARACTERS = 1_024
_REQUIRED = ("specversion", "id", "source", "type")

_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def is_one(scope: Scope) -> bool:
    """Whether a request holds CloudEvents, in any mode."""
    return media_type(scope) in (STRUCTURED, BATCH) or header(scope, b"ce-specversion") is not None


def rows(scope: Scope, body: bytes, contract: Contract, now_us: int) -> list[SlowRow]:
    """Each event, checked; raises BodyError where the body is no JSON."""
    kind = media_type(scope)
    try:
        if kind == BATCH:
            events = _list(body)
            return [
                _row(n, event, _event(event), contract, now_us) for n, event in enumerate(events, 1)
            ]
        if kind == STRUCTURED:
            return [_row(1, body, _event(body), contract, now_us)]
        if kind != JSON:
            raise BodyError("json", f"the data of a CloudEvent is {JSON}")
        return [_row(1, body, _of_headers(scope) | {"data": value_of(body)}, contract, now_us)]
    except READ_ERRORS as error:
        array = " array" if kind == BATCH else ""
        raise BodyError("json", f"not a JSON{array}: {json_error(body, error)}") from error


def _event(text: bytes | msgspec.Raw) -> Any:
    return value_of(text, levels=2)


def _of_headers(scope: Scope) -> dict[str, Any]:
    """Attributes; what is no UTF-8 is None: two ids would be one with a sign in its place."""
    found: dict[str, Any] = {}
    for name in _REQUIRED:
        text = header(scope, f"ce-{name}".encode()) or ""
        try:
            found[name] = unquote(text, errors="strict")
        except UnicodeDecodeError:
            found[name] = None
    return found


def _row(
    number: int, body: bytes | msgspec.Raw, event: Any, contract: Contract, now_us: int
) -> SlowRow:
    text = bytes(body).decode(errors="replace")
    try:
        identity = _identity(event)
    except BrokenRuleError as error:
        return SlowRow(number, text, None, [("", error)])
    row, broken = contract.json_row(event.get("data"), now_us)
    return SlowRow(number, text, row, broken, identity)


def _identity(event: Any) -> str:
    if not isinstance(event, dict):
        raise BrokenRuleError("cloudevent", f"{shown(event)} is no CloudEvent")
    for name in _REQUIRED:
        value = event.get(name)
        if type(value) is not str or not 0 < len(value) <= MOST_CHARACTERS:
            raise BrokenRuleError(
                "cloudevent", f"{name} is required: a text of 1 to {MOST_CHARACTERS} characters"
            )
        if "\n" in value or "\0" in value:
            raise BrokenRuleError("cloudevent", f"{name} has a line break or NUL")
    if event["specversion"] != SPEC_VERSION:
        raise BrokenRuleError("cloudevent", f"specversion is {SPEC_VERSION} here")
    return f"{event['source']}\n{event['id']}"
