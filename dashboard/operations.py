"""The operations page: are the workers alive, and what of the receipts needs a look."""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard import parts
from dashboard.tiles import OPERATIONS_TILES, SOURCES, WORKERS
from tillstream import topology


def page() -> Any:
    """The page without its header; the browser fills it from the same frames as the live one."""
    return html.Main(
        [
            html.Section(
                [
                    parts.tiles(OPERATIONS_TILES, "Figures of the operation"),
                    html.Div(
                        [
                            _workers(),
                            parts.table(
                                "closed",
                                "Closed days",
                                "what came after a day had closed is credited to it",
                                topology.COUNT,
                                ("Day", "Gross", "Receipts", "Late", "Late gross"),
                            ),
                        ],
                        className="row two",
                    ),
                    html.Div(
                        [
                            parts.table(
                                "silent",
                                "Silent tills",
                                "longer than their own rhythm",
                                topology.TILLS,
                                ("Till", "Last receipt"),
                            ),
                            parts.table(
                                "gaps",
                                "Missing receipts",
                                "numbers that a till passed over",
                                topology.TILLS,
                                ("Till", "Numbers", "Since"),
                            ),
                        ],
                        className="row two",
                    ),
                ],
                className="more",
            )
        ],
        className="content",
    )


def _workers() -> Any:
    heads = ("Feed", "Worker", "State", "Newest figures")
    return dmc.Paper(
        className="card list",
        withBorder=True,
        children=[
            html.Div(
                html.Div([html.H2("Workers"), html.Span("each publishes twice a second")]),
                className="plot-head",
            ),
            html.Table(
                [
                    html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])),
                    html.Tbody([_worker(feed) for feed in SOURCES]),
                ],
                className="rows workers",
                **parts.named("Workers"),
            ),
        ],
    )


def _worker(feed: str) -> Any:
    return html.Tr(
        [
            html.Th(SOURCES[feed], scope="row", className="name"),
            html.Td(WORKERS[feed]),
            html.Td(html.Span("waiting", id=f"feed-{feed}", className="feed", **parts.data(feed))),
            html.Td("–", id=f"age-{feed}", className="number"),  # noqa: RUF001 - nothing known
        ]
    )
