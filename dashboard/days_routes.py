"""What the page Days asks for: the figures of a span of days, and which stores there are."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from dashboard.access.reader import READER
from dashboard.app import Currency, answer
from dashboard.archive.days import Asked, RangeOfDays
from dashboard.pages.addresses import MAX_NAME
from dashboard.routes import Add
from dashboard.state import day_spans
from dashboard.state.day_spans import By, Range
from tillstream.stores import StoreTable, as_read

DAYS_PATH = "/days/state"
CHOICES_PATH = "/days/choices"

Day = Annotated[str, Query(max_length=10)]
Name = Annotated[str, Query(max_length=MAX_NAME)]


class Choices(msgspec.Struct, frozen=True):
    """What the figures can be narrowed to, in the order in which it is offered."""

    regions: list[str]
    #: Number and title.
    stores: list[tuple[str, str]]


def days(of: Callable[[str], RangeOfDays], table: StoreTable) -> Add:
    """`?from=&to=`, both included, else `?range=`; `?by=`, `?store=`, `?region=`, `?currency=`."""

    # No coroutine: it may wait for MongoDB, in a thread of its own.
    def state(
        first: Annotated[Day, Query(alias="from")] = "",
        last: Annotated[Day, Query(alias="to")] = "",
        range: Range = "30d",  # noqa: A002 - of the address
        by: By = "day",
        store: Name = "",
        region: Name = "",
        currency: Currency = "",
    ) -> Response:
        found = of(currency)
        within = READER.get().within(store, region)
        try:
            if first or last:
                span = day_spans.between(first or last, last or first)
            else:
                span = day_spans.running(range, found.today())
        except ValueError as error:
            return JSONResponse({"problem": str(error)}, 400)
        asked = Asked(span, by, store, "" if store else region, within)
        return answer(lambda: found.answer(asked))

    def choices(currency: Currency = "") -> Response:
        return answer(lambda: offered(of(currency)))

    def offered(found: RangeOfDays) -> Choices:
        reader = READER.get()
        named = sorted(reader.only(found.stores()), key=as_read)
        regions = table.regions() if reader.stores is None else []
        return Choices(regions, [(each, table.store(each).title) for each in named])

    def add(server: FastAPI) -> None:
        server.add_api_route(DAYS_PATH, state, methods=["GET"])
        server.add_api_route(CHOICES_PATH, choices, methods=["GET"])

    return add
