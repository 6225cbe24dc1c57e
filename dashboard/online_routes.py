"""What the pages of the online shop ask for, twice a second: what is new."""

from typing import Annotated

import msgspec
from fastapi import Query
from starlette.responses import Response

from dashboard.archive.online import Online
from dashboard.routes import Add
from dashboard.state.online_panels import Range

ONLINE_PATH = "/online/state"

#: A text of an earlier answer.
Known = Annotated[str, Query(max_length=64)]
_HEADERS = {"Cache-Control": "no-store"}


def online(shop: Online) -> Add:
    """`?known=` of the last answer, `?range=hour|day`; 204 when nothing is new."""

    async def state(known: Known = "", range: Range = "hour") -> Response:  # noqa: A002 - of the address
        found = shop.answer(known, range)
        if found is None:
            return Response(status_code=204, headers=_HEADERS)
        body = msgspec.json.encode(found)
        return Response(body, media_type="application/json", headers=_HEADERS)

    return lambda server: server.add_api_route(ONLINE_PATH, state, methods=["GET"])
