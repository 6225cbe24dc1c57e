"""What the page Explore asks for: the rows of a window, and what is heard of all of them."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from dashboard.app import answer
from dashboard.archive.windows import Asked, NoWindowError, Windows
from dashboard.pages.addresses import KEY_PREFIX, MAX_NAME
from dashboard.routes import Add

#: Where the list of windows asks, and where a window's page does.
STATE_PATH = "/explore/state"
ROWS_PATH = "/explore/rows"

#: Unix seconds that are a date in every place that reads them.
Moment = Annotated[float, Query(ge=0, le=250_000_000_000)]
Change = Annotated[int, Query(ge=0, le=2**62)]
Name = Annotated[str, Query(max_length=MAX_NAME)]


def explore(windows: Windows) -> Add:
    """Both."""

    # No coroutines: they may wait for MongoDB, in a thread of their own.
    def state() -> Response:
        return answer(windows.state)

    def rows(
        request: Request,
        window: Name,
        first: Moment | None = None,
        end: Moment | None = None,
        last: Moment | None = None,
        since: Change | None = None,
    ) -> Response:
        keys = {
            name.removeprefix(KEY_PREFIX): value
            for name, value in request.query_params.items()
            if name.startswith(KEY_PREFIX)
        }
        asked = Asked(window, first, end, last, since, keys)
        try:
            return answer(lambda: windows.rows(asked))
        except NoWindowError:
            return JSONResponse({"problem": "there is no such window"}, 404)
        except (ValueError, OverflowError) as error:
            return JSONResponse({"problem": str(error)[:200]}, 400)

    def add(server: FastAPI) -> None:
        server.add_api_route(STATE_PATH, state, methods=["GET"])
        server.add_api_route(ROWS_PATH, rows, methods=["GET"])

    return add
