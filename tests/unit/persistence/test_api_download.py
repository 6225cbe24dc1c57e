"""A file that could not be finished never looks whole, and holds nothing afterwards."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import pytest
from starlette.types import Message, Scope

from persistence.api import export

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/export", "headers": []}


async def broken() -> AsyncGenerator[bytes]:
    yield b"one"
    raise ConnectionError("the archive is away")


async def endless() -> AsyncGenerator[bytes]:
    while True:
        yield b"more"


async def stays() -> Message:
    """A client that is still there."""
    await asyncio.Event().wait()
    raise AssertionError


def download(content: AsyncGenerator[bytes], takes: int) -> tuple[list[bytes], list[str]]:
    """The bodies that a client got which takes so many messages and stalls; what was let go."""
    got: list[bytes] = []
    let_go: list[str] = []

    async def send(message: Message) -> None:
        if len(got) >= takes:
            await asyncio.Event().wait()
        if message["type"] == "http.response.body":
            assert message["more_body"]
            got.append(message["body"])

    async def run() -> None:
        held = AsyncExitStack()
        held.callback(let_go.append, "cursor")
        response = export.Download(content, held, "text/csv", "receipts.csv")
        with pytest.raises((ConnectionError, TimeoutError)):
            await response(SCOPE, stays, send)

    asyncio.run(run())
    return got, let_go


def test_a_file_whose_source_breaks_is_not_ended() -> None:
    assert ([b"one"], ["cursor"]) == download(broken(), 10)


def test_a_client_that_stalls_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "STALLED_SECONDS", 0.05)

    assert ([b"more"] * 3, ["cursor"]) == download(endless(), 3)
