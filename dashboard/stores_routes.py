"""What the page of all stores asks for every few seconds: what is new."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Query
from starlette.responses import Response

from dashboard.app import Currency
from dashboard.archive.connection import ArchiveAwayError
from dashboard.archive.store_standings import StoreStandings
from dashboard.routes import Add

STORES_PATH = "/stores/state"

#: Of an earlier answer.
Known = Annotated[str, Query(max_length=64)]
_HEADERS = {"Cache-Control": "no-store"}


def stores(of: Callable[[str], StoreStandings]) -> Add:
    """`?currency=`; `?known=` of the last answer.

    204 when nothing is new, 503 when the archive is away.
    """

    # No coroutine: it may wait for MongoDB, in a thread of its own.
    def state(known: Known = "", currency: Currency = "") -> Response:
        try:
            found = of(currency).answer(known)
        except ArchiveAwayError:
            return Response(status_code=503, headers={"Retry-After": "2"})
        if found is None:
            return Response(status_code=204, headers=_HEADERS)
        body = msgspec.json.encode(found)
        return Response(body, media_type="application/json", headers=_HEADERS)

    return lambda server: server.add_api_route(STORES_PATH, state, methods=["GET"])
