"""Lets only such calls of Dash's callbacks pass as its own pages make: the others get a reason.

Dash itself answers whatever it cannot read with an error of the server.
"""

from typing import NamedTuple

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Where the pages call.
CALLBACK_PATH = "/_dash-update-component"
#: A call holds an address: browsers send no longer one.
MAX_CALL_BYTES = 64 * 1024
#: The text or number that a property has.
Value = str | int | None


class Property(msgspec.Struct, frozen=True):
    """One property of a component."""

    id: str
    property: str
    value: Value = None


class Call(msgspec.Struct, frozen=True, rename="camel"):
    """What a page sends."""

    output: str
    outputs: Property | list[Property]
    inputs: list[Property]
    changed_prop_ids: list[str]
    state: list[Property] = []


class Signature(NamedTuple):
    """Outputs, inputs and state of a callback, each as `id.property`, and the inputs' type."""

    outputs: tuple[str, ...]
    inputs: dict[str, type | None]
    state: tuple[str, ...]


class CallError(ValueError):
    """A call that no page makes; says what is wrong with it."""


class CallCheck:
    """A layer before Dash."""

    def __init__(self, app: ASGIApp, callbacks: dict[str, Signature]) -> None:
        """`callbacks` by the name that Dash gives to their outputs."""
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["type"] == "http" and scope["path"] == CALLBACK_PATH
        if not wanted or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        try:
            check(body, self._callbacks)
        except CallError as error:
            await _refusal(str(error))(scope, receive, send)
            return
        given: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def again() -> Message:
            nonlocal given
            message, given = given, None
            return message if message is not None else await receive()

        await self._app(scope, again, send)


def check(body: bytes, callbacks: dict[str, Signature]) -> None:
    """Raise CallError unless a page makes such a call."""
    if len(body) > MAX_CALL_BYTES:
        raise CallError(f"a call has at most {MAX_CALL_BYTES} bytes")
    try:
        call = msgspec.json.decode(body, type=Call)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallError(f"no call of a page: {error}") from error
    known = callbacks.get(call.output)
    if known is None:
        raise CallError("output: there is no such callback")
    outputs = call.outputs if isinstance(call.outputs, list) else [call.outputs]
    for part, given, expected in (
        ("outputs", outputs, known.outputs),
        ("inputs", call.inputs, tuple(known.inputs)),
        ("state", call.state, known.state),
    ):
        if tuple(f"{each.id}.{each.property}" for each in given) != expected:
            raise CallError(f"{part}: expected {', '.join(expected)}")
    for each in call.inputs:
        kind = known.inputs[f"{each.id}.{each.property}"]
        if each.value is not None and kind is not None and not isinstance(each.value, kind):
            raise CallError(f"inputs: {each.id}.{each.property} is no {kind.__name__}")
    for each in call.state:
        if not isinstance(each.value, str | None):
            raise CallError(f"state: {each.id}.{each.property} is no text")


async def _body(receive: Receive) -> bytes | None:
    """The body, of one that is too long as much as shows it; None when its sender has gone."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more and size <= MAX_CALL_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


def _refusal(problem: str) -> Response:
    return JSONResponse({"problem": problem}, 400)
