"""Strict headers on every answer; with a user set, nobody passes without the password."""

import asyncio
import base64
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from dashboard.access.sign_in import SignIn
from dashboard.security import Guard

PAGE = "/store/12"


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("figures")(scope, receive, send)


def get(guard: Guard, path: str, authorization: str | bytes | None = None) -> httpx.Response:
    async def scene() -> httpx.Response:
        value = authorization.encode() if isinstance(authorization, str) else authorization
        headers = {} if value is None else {b"Authorization": value}
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(asyncio.wait_for(scene(), 10))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, 401),
        ("", 401),
        ("Basic", 401),
        ("Basic ???", 401),
        ("Basic Y2hlZg", 401),
        ("Bearer chef:crème", 401),
        ("Basic crème", 401),
        (b"\xff\xfe", 401),
        (b"Basic \x00\x80", 401),
        ("Basic " + "A" * 100_000, 401),
        (basic("chef"), 401),
        (basic("chef:"), 401),
        (basic("chef:creme"), 401),
        (basic("chef:crème "), 401),
        (basic(":crème"), 401),
        (basic("chef:crème"), 200),
        (basic("chef:crème").replace("Basic", "bASIC"), 200),
    ],
)
def test_only_user_and_password_together_pass(
    authorization: str | bytes | None, expected: int
) -> None:
    guard = Guard(page, [], SignIn(time.time, "chef", "crème"))

    assert expected == get(guard, PAGE, authorization).status_code


@given(st.binary(max_size=200), st.booleans())
def test_no_header_at_all_is_an_error_of_ours(header: bytes, encoded: bool) -> None:
    value = b"Basic " + base64.b64encode(header) if encoded else b"Basic " + header

    assert 401 == get(Guard(page, [], SignIn(time.time, "chef", "crème")), PAGE, value).status_code


def test_a_password_of_the_environment_that_is_no_text_is_one_too() -> None:
    guard = Guard(page, [], SignIn(time.time, "chef", "cr\udce8me"))
    latin = b"Basic " + base64.b64encode(b"chef:cr\xe8me")

    assert [200, 401] == [
        get(guard, PAGE, header).status_code for header in (latin, basic("chef:crème"))
    ]


def test_health_is_answered_without_a_sign_in() -> None:
    guard = Guard(page, [], SignIn(time.time, "chef", "crème"))

    assert [200, 200] == [get(guard, f"/health/{kind}").status_code for kind in ("live", "ready")]


def test_without_a_user_everybody_passes() -> None:
    assert "figures" == get(Guard(page, [], SignIn(time.time)), PAGE).text


@pytest.mark.parametrize("user", ["", "chef"])
def test_every_answer_has_a_policy_that_allows_nothing_from_elsewhere(user: str) -> None:
    answer = get(Guard(page, ["'sha256-abc='"], SignIn(time.time, user, "x")), PAGE)

    policy: dict[str, str] = {}
    for rule in answer.headers["content-security-policy"].split("; "):
        name, _, value = rule.partition(" ")
        policy[name] = value

    assert ("'none'", "'self' 'sha256-abc='", "'none'", "nosniff") == (
        policy["default-src"],
        policy["script-src"],
        policy["frame-ancestors"],
        answer.headers["x-content-type-options"],
    )


def test_no_websocket_is_accepted() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    asyncio.run(
        Guard(page, [], SignIn(time.time))({"type": "websocket", "path": "/"}, receive, send)
    )

    assert [{"type": "websocket.close", "code": 1008}] == sent
