"""What Dash serves: the layout, its components, the controls, and the drawing of a page."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import dash_ag_grid
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, no_update
from fastapi import FastAPI

from dashboard.access.reader import READER
from dashboard.callbacks import Signature
from dashboard.pages import layout
from dashboard.pages.router import Pages
from tillstream.stores import StoreTable

#: The callbacks that are answered here; the others work in the browser.
CALLBACKS = {
    "page.children": Signature(
        ("page.children",),
        {"language.data": str},
        ("location.pathname", "location.search"),
    ),
}


#: The grid without what needs a licence.
GRID_SCRIPTS: dict[str, dict[str, Any]] = {
    "dash_ag_grid.min.js": {"dynamic": True},
    "async-community.js": {"async": True},
}


class Control(NamedTuple):
    """A function of `assets/`, and the properties that it sets, follows and reads."""

    function: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...]
    states: tuple[str, ...] = ()
    at_start: bool = False


#: What the reader can turn on a page.
CONTROLS = (
    Control("language", ("language.data",), ("location.pathname",), at_start=True),
    Control(
        "chooseTheme",
        ("chosen-theme.data",),
        ("theme-toggle.n_clicks",),
        ("chosen-theme.data",),
        at_start=True,
    ),
    Control("showTheme", ("theme.forceColorScheme",), ("chosen-theme.data",), at_start=True),
    Control(
        "viewRevenue", ("revenue-plot-subtitle.children",), ("revenue-view.value",), at_start=True
    ),
    Control("chooseAgainst", ("against-note.title",), ("against.value",)),
    Control("chooseWindow", ("revenue-plot-subtitle.title",), ("window.value",)),
    # Each by itself: not every page has all of them. What they set is never changed.
    Control("chooseStore", ("store-filter.name",), ("store-filter.value",)),
    Control("chooseRegion", ("region-filter.name",), ("region-filter.value",)),
    Control("chooseCategory", ("category-filter.name",), ("category-filter.value",)),
    Control("pause", ("pause.children", "pause.data-paused"), ("pause.n_clicks",)),
    Control("saveCsv", ("csv.data-saved",), ("csv.n_clicks",)),
    Control("saveWorkbook", ("xlsx.data-saved",), ("xlsx.n_clicks",)),
)


class _Dash(Dash):
    """Writes the document with the stores that its reader sees, and the currencies."""

    table: StoreTable
    currencies: Callable[[], Sequence[str]]

    def index(self, *_args: Any, **_kwargs: Any) -> str:
        made: Any = super().index
        return layout.with_data(made(), self.table, READER.get(), self.currencies())


def add_dash(server: FastAPI, pages: Pages) -> Dash:
    """Serve the layout, the components and the callbacks from `server`."""
    app = _Dash(
        "dashboard",
        backend="fastapi",
        server=False,
        title="Tillstream: live sales",
        update_title="",
        serve_locally=True,
        compress=True,
        add_log_handler=False,
        index_string=layout.INDEX,
        assets_ignore=layout.START.name,  # it stands in the document
        suppress_callback_exceptions=True,  # a page is drawn by a callback
    )
    app.table = pages.stores
    app.currencies = pages.currencies
    # No callback uses Dash's own websocket; with it each page would hold a second connection.
    app.backend.websocket_capability = False
    app.init_app(server)
    _ship_less()
    app.layout = layout.shell()
    _controls(app)
    _pages(app, pages)
    # Else done at the first request, and not if that is for another path than `/`.
    setup: Any = app._setup_server
    setup()
    return app


def _controls(app: Dash) -> None:
    # The controls work in the browser (`assets/30-live.js`), without a way to the server.
    bind: Any = app.clientside_callback
    for function, outputs, inputs, states, at_start in CONTROLS:
        bind(
            ClientsideFunction("tillstream", function),
            *(_property(Output, each) for each in outputs),
            *(_property(Input, each) for each in inputs),
            *(_property(State, each) for each in states),
            prevent_initial_call=not at_start,
        )


def _property(role: Any, name: str) -> Any:
    component, _, prop = name.partition(".")
    return role(component, prop)


def _pages(app: Dash, pages: Pages) -> None:
    # In a thread: whoever waits for the archive must not hold the frames up.
    @app.callback(
        Output("page", "children"),
        Input("language", "data"),
        State("location", "pathname"),
        State("location", "search"),
    )
    async def show(language: str | None, pathname: str | None, search: str | None) -> Any:
        if language is None or pathname is None:
            return no_update
        reader = READER.get()
        return await asyncio.to_thread(pages.render, pathname, language, search or "", reader)


def _ship_less() -> None:
    # `assets/` brings plotly.js with lines and bars only, a quarter of the full bundle; Dash's
    # loader takes the Plotly that is already there.
    resources: list[dict[str, Any]] = dcc._js_dist
    resources[:] = [r for r in resources if r.get("namespace") != "plotly"]
    # The grid is served, and asked for by the page of all stores alone: 2 MB that no other needs.
    grid: list[dict[str, Any]] = dash_ag_grid._js_dist
    grid[:] = [
        {**r, **more} for r in grid if (more := GRID_SCRIPTS.get(r["relative_package_path"]))
    ]
