"""What the page Alerts asks for, and how alerts are acknowledged."""

from typing import Annotated

import msgspec
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from msgspec import Meta
from starlette.responses import JSONResponse, Response

from dashboard.app import answer
from dashboard.archive.alerts import Alerts
from dashboard.routes import Add
from dashboard.same_origin import foreign
from tillstream.alert_records import NAME_CHARACTERS

ALERTS_PATH, COUNT_PATH = "/alerts/state", "/alerts/count"
ACKNOWLEDGE_PATH = "/alerts/acknowledge"
#: Alerts that are acknowledged at once.
MOST_IDS = 1_000

AlertId = Annotated[str, Meta(max_length=64)]


class Acknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who looks after which alerts."""

    ids: Annotated[
        list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=MOST_IDS)
    ]
    by: Annotated[str, Meta(pattern=r"\S", max_length=NAME_CHARACTERS)]


def alerts(found: Alerts) -> Add:
    """The alerts; a POST of `{"ids": [...], "by": "name"}` to the other path acknowledges."""

    # No coroutines: they may wait for MongoDB, in a thread of their own.
    def state() -> Response:
        return answer(found.state)

    def count() -> Response:
        return answer(found.count)

    async def acknowledge(request: Request) -> Response:
        if why := foreign(request.headers):
            return JSONResponse({"problem": why}, 403)
        try:
            said = msgspec.json.decode(await request.body(), type=Acknowledgement)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return JSONResponse({"problem": str(error)[:200]}, 400)
        by = " ".join(said.by.split())
        return await run_in_threadpool(answer, lambda: found.acknowledge(said.ids, by))

    def add(server: FastAPI) -> None:
        server.add_api_route(ALERTS_PATH, state, methods=["GET"])
        server.add_api_route(COUNT_PATH, count, methods=["GET"])
        server.add_api_route(ACKNOWLEDGE_PATH, acknowledge, methods=["POST"])

    return add
