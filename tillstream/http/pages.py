"""Pages that every service has: the OpenAPI document and the page that shows it."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from tillstream.codec import JSON

#: Swagger UI, as its package brings it: nothing is fetched from elsewhere. The package is found,
#: not imported: of it only the files are wanted, and its own page would need 200 modules.
_SWAGGER = importlib.util.find_spec("swagger_ui")
if _SWAGGER is None or _SWAGGER.origin is None:
    raise ImportError("swagger-ui-py is not installed")
_SWAGGER_FILES = Path(_SWAGGER.origin).parent / "static"

_DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tillstream: NAME</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/files/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/files/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null})</script>
</body>
</html>
"""


def documentation(name: str, document: Callable[[], bytes]) -> list[BaseRoute]:
    """The routes of an OpenAPI document, as JSON, and of its page; `name` is its title."""

    async def openapi(_: Request) -> Response:
        return Response(document(), media_type=JSON)

    async def docs(_: Request) -> Response:
        return HTMLResponse(_DOCS_PAGE.replace("NAME", name))

    return [
        Route("/openapi.json", openapi),
        Route("/docs", docs),
        Mount("/docs/files", StaticFiles(directory=_SWAGGER_FILES)),
    ]
