"""What the page Products asks for, every two seconds: what is new."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from dashboard.access.reader import READER
from dashboard.app import Currency, Name
from dashboard.archive.product_scope import Scope
from dashboard.archive.products import Products
from dashboard.routes import Add

PRODUCTS_PATH = "/products/state"
#: Says when the figures were read also where nothing of them is new, Unix seconds.
READ_AT = "X-Read-At"

#: A text of an earlier answer.
Known = Annotated[str, Query(max_length=200)]


def products(of: Callable[[str], Products]) -> Add:
    """`?currency=`, `?region=`, `?store=`, `?known=` of before; 204 when nothing is new."""

    async def state(
        known: Known = "", region: Name = "", store: Name = "", currency: Currency = ""
    ) -> Response:
        within = READER.get().within(store, region)
        found = await run_in_threadpool(of, currency)
        answer = found.answer(Scope("" if store else region, store, within), known)
        headers = {"Cache-Control": "no-store"}
        if answer.read_at is not None:
            headers[READ_AT] = f"{answer.read_at:.3f}"
        if not answer.parts:
            return Response(status_code=204, headers=headers)
        body = msgspec.json.encode(answer)
        return Response(body, media_type="application/json", headers=headers)

    def add(server: FastAPI) -> None:
        server.add_api_route(PRODUCTS_PATH, state, methods=["GET"])

    return add
