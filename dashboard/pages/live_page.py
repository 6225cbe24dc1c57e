"""The live page: tiles, four plots and the sources on the first screen, more of today below.

`categories` has as `data-value` a JSON object of category and exact revenue, each table a
JSON list of its rows; `feed-<exchange>` the time of the feed's newest data, Unix seconds.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.tiles import MORE_TILES, SOURCES, TILES
from tillstream import topology


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            html.P(id="filter-note", className="filter-note", role="status"),
            html.P(id="heard-note", className="filter-note heard-note", role="status"),
            html.Div(
                [parts.tiles(TILES, "Figures of the day"), *_plots(), _sources()],
                className="board",
            ),
            html.Section(
                [html.H2("More of today", className="section-title"), *_more()],
                className="more",
            ),
        ],
        id="live-page",
    )


def _plots() -> list[Any]:
    return [
        parts.plot(
            "revenue-plot",
            "Revenue over the day",
            "running total, store time",
            topology.COUNT,
            plots.revenue(),
            parts.legend(p95="Today", p50="Last week"),
            dmc.SegmentedControl(
                id="revenue-view",
                size="xs",
                value="total",
                data=[
                    {"value": "total", "label": "Running total"},
                    {"value": "minute", "label": "Per minute"},
                ],
            ),
        ),
        parts.plot(
            "categories-plot",
            "Sales by category",
            "today, largest first",
            topology.CATEGORIES,
            plots.categories(),
            html.Span(id="categories", className="unseen", **parts.data(topology.CATEGORIES)),
        ),
        parts.plot(
            "rate-plot",
            "Receipts per minute",
            "in the 60 s before",
            topology.METRICS_STORM,
            plots.receipts_per_minute(),
        ),
        parts.plot(
            "delay-plot",
            "Time to store",
            "received to stored",
            topology.METRICS_DB,
            plots.network_delay(),
            parts.legend(p50="half of them", p95="95 of 100", p99="99 of 100"),
        ),
    ]


def _more() -> list[Any]:
    return [
        parts.tiles(MORE_TILES, "Further figures of the day"),
        html.Div(
            [
                parts.plot(
                    "hours-plot",
                    "Today by hour",
                    "gross, over the same weekday last week",
                    topology.BREAKDOWNS,
                    plots.hours(),
                    parts.legend(p95="Today", p50="Last week"),
                ),
                parts.table(
                    "tenders",
                    "Tender mix",
                    "gross, today",
                    topology.BREAKDOWNS,
                    ("Tender", "Gross", "Share"),
                ),
                parts.table(
                    "vat", "VAT", "by rate, today", topology.BREAKDOWNS, ("Rate", "Net", "Tax")
                ),
            ],
            className="row wide-first",
        ),
        html.Div(
            [
                parts.table(
                    "top",
                    "Largest stores",
                    "gross, today",
                    topology.BREAKDOWNS,
                    ("Store", "Gross", "Receipts"),
                ),
                parts.table(
                    "bottom",
                    "Smallest stores",
                    "gross, today",
                    topology.BREAKDOWNS,
                    ("Store", "Gross", "Receipts"),
                ),
                *parts.till_tables(),
            ],
            className="row four",
        ),
    ]


def _sources() -> Any:
    return dmc.Paper(
        className="card sources",
        withBorder=True,
        **parts.scope("sources"),
        children=[
            html.H2("Sources"),
            html.Ul([_source(feed, label) for feed, label in SOURCES.items()]),
        ],
    )


def _source(feed: str, label: str) -> Any:
    """A feed: the age of its newest data, and how far its worker is behind the door."""
    return html.Li(
        [
            html.Span(label),
            html.Span(id=f"lag-{feed}", className="lag"),
            html.Span("waiting", id=f"feed-{feed}", className="feed", **parts.data(feed)),
        ],
        className="source",
    )
