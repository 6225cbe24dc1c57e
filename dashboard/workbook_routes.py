"""Where a page's tables become an Excel workbook: the page sends what it shows."""

import msgspec
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from dashboard.routes import Add
from dashboard.same_origin import foreign
from dashboard.workbook import CellError, Shown
from dashboard.workbook import workbook as made

WORKBOOK_PATH = "/workbook"
MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook() -> Add:
    """A POST of a page's sections (`workbook.Shown`) answers with the file."""

    async def write(request: Request) -> Response:
        if why := foreign(request.headers):
            return JSONResponse({"problem": why}, 403)
        try:
            shown = msgspec.json.decode(await request.body(), type=Shown)
            # In a thread: a large table takes a second, and must not hold the frames up.
            file = await run_in_threadpool(made, shown)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, CellError) as error:
            return JSONResponse({"problem": str(error)[:200]}, 400)
        headers = {"Cache-Control": "no-store", "Content-Disposition": "attachment"}
        return Response(file, media_type=MEDIA_TYPE, headers=headers)

    return lambda server: server.add_api_route(WORKBOOK_PATH, write, methods=["POST"])
