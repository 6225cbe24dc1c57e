"""A store has one page: the live page with a store in its address leads there."""

from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.pages.addresses import doubled


class StoreRedirect:
    """A layer before the application: `/?store=ID` is `/store?id=ID`, of any region."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in ("GET", "HEAD"):
            asked = QueryParams(scope["query_string"])
            # Of two stores neither is taken: the page says so.
            twice = doubled(scope["query_string"].decode("latin-1"))
            if (store := asked.get("store")) and not twice:
                kept = {name: asked[name] for name in ("window", "category") if asked.get(name)}
                # Relative: a proxy may serve the pages below a path of its own.
                target = f"store?{urlencode({'id': store, **kept})}"
                await RedirectResponse(target, 307)(scope, receive, send)
                return
        await self._app(scope, receive, send)
