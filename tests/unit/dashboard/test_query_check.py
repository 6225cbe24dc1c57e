"""A question whose parameters a route has not, or twice, is answered with what is wrong."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import JSONResponse, Response

from dashboard.query_check import QueryCheck, parameters


def answered(address: str) -> httpx.Response:
    server = FastAPI()

    def part(store: str = "") -> Response:
        return JSONResponse({"store": store})

    def rows(window: str = "") -> Response:
        return JSONResponse({"window": window})

    server.add_api_route("/part", part, methods=["GET"])
    server.add_api_route("/explore/rows", rows, methods=["GET"])
    server.add_api_route("/health", lambda: JSONResponse({}), methods=["GET"])
    checked = QueryCheck(server, parameters(server.routes))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(checked)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(address)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/part?store=a&store=b", "'store' stands there twice"),
        ("/part?stor=7", "there is no parameter 'stor'; there is store"),
        ("/part?key.app=1", "there is no parameter 'key.app'"),
        ("/part?store=%FF", "'store' is not UTF-8"),
        ("/part?%0a=1", "no parameter '\\n'"),
        ("/explore/rows?window=w&key.app=1&key.app=2", "'key.app' stands there twice"),
    ],
)
def test_a_question_that_would_be_another_one_is_refused(address: str, said: str) -> None:
    found = answered(address)

    assert found.status_code == 400
    assert said in found.json()["problem"]


@pytest.mark.parametrize(
    "address",
    [
        "/part",
        "/part?store=",
        "/part?store=%C3%A9",
        "/explore/rows?window=w&key.app=1",
        "/health?t=1",
    ],
)
def test_what_a_route_has_passes(address: str) -> None:
    assert answered(address).status_code == 200
