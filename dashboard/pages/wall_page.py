"""The wall: the day in large type for a screen that nobody touches, drawn from the frames of `/`.

Its parts have the ids of the live page's, so that the same scripts draw them.
"""

from typing import Any

from dash import html

from dashboard.pages import cards, parts, plots
from dashboard.pages.tiles import MORE_TILES, TILES
from tillstream import topology

_SHOWN = ("revenue", "expected", "receipts", "receipts-per-minute", "average-basket", "stores")


def page() -> Any:
    """The page without its header."""
    by_id = {tile.id: tile for tile in (*TILES, *MORE_TILES)}
    return html.Main(
        [
            parts.tiles(tuple(by_id[name] for name in _SHOWN), "Figures of the day"),
            parts.plot(
                "revenue-plot",
                "Revenue over the day",
                "running total, store time",
                topology.COUNT,
                plots.revenue(),
            ),
            cards.categories_plot(),
            *cards.store_tables(),
            html.P(
                [
                    html.A("Alerts", href="/alerts", id="wall-alerts", className="way"),
                    html.Span(id="against-note"),
                    html.Span(id="heard-note", className="heard-note"),
                    html.Span(id="currencies-note"),
                ],
                className="wall-notes",
                role="status",
            ),
            html.Button("Full screen", id="full-screen", className="control"),
        ],
        id="wall-page",
    )
