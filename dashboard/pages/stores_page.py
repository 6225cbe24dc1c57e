"""The page Stores: every store beside its usual, as a table and a map; `assets/60-stores.js` fills
it.

The table is AG Grid's; its script is asked for by this page alone (docs/decisions/0026).
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.definitions import column_definitions

TILES = (
    ("stores-revenue", "Revenue so far", "money"),
    ("stores-deviation", "Against the usual", "money"),
    ("stores-zero", "At zero", "count"),
    ("stores-behind", "Far behind the usual", "count"),
)

#: What the map's colours say: class name and words, from the worst on.
COLOURS = {
    "zero": "at zero",
    "far-below": "20% or more below",
    "below": "5 to 20% below",
    "near": "as usual",
    "above": "5 to 20% above",
    "far-above": "20% or more above",
    "unknown": "no comparison",
}

#: Those of the grid that are explained; `assets/61-stores-grid.js` makes all of them.
COLUMNS = (
    *("Revenue so far", "Deviation", "Until the full hour", "Usual until the full hour"),
    *("Share", "Receipts", "Basket"),
)


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            html.Div(
                [html.H2("Stores"), html.Span(id="stores-fresh", className="online-fresh")],
                className="page-title replay-title",
            ),
            html.P(id="stores-message", className="message", role="status"),
            html.Section(
                [parts.still_tile(*tile) for tile in TILES],
                className="tiles stores-tiles",
                **parts.named("Figures of the stores"),
            ),
            _table(),
            parts.still_plot("stores-map", "Map", plots.stores_map(), parts.legend(**COLOURS)),
        ],
        id="stores-page",
        className="content",
        **parts.attributes(state="waiting"),
    )


def _table() -> Any:
    return dmc.Paper(
        className="card list stores-list",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div([html.H2("Which stores are behind?"), html.Span(id="stores-until")]),
                    html.Div(className="spring"),
                    # The region filter and the search, which the browser makes.
                    html.Div(id="stores-filters", className="stores-filters"),
                    *column_definitions("stores-grid", COLUMNS),
                ],
                className="plot-head",
            ),
            # Until the grid is loaded: 2 MB, which take their time on a phone.
            html.Div(
                html.P("waiting for data", className="message"),
                id="stores-place",
                className="stores-place",
            ),
        ],
    )
