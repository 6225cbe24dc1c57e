"""The part of the operations page that tells of each receiver's deliveries."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts

HEADS = ("Receiver", "Taken", "Posted", "Waiting", "Refused", "Set aside", "Last delivery")


def card() -> Any:
    """`data-state`: `waiting`, `live` or `stale`; the browser fills the rows."""
    return dmc.Paper(
        className="card list receivers",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div(
                        [
                            html.H2("Receivers", id="receivers-title"),
                            html.Span("what tills and shops of other vendors deliver"),
                        ]
                    ),
                    html.Div(className="spring"),
                    html.Span(id="receivers-age", className="fresh"),
                ],
                className="plot-head",
            ),
            html.Table(
                [parts.heads(HEADS), html.Tbody(id="receivers-rows")],
                id="receivers",
                className="rows",
                **parts.named("Receivers"),
                **parts.attributes(value="", state="waiting"),
            ),
            html.P(id="receivers-line", className="lag-line", hidden=True),
        ],
    )
