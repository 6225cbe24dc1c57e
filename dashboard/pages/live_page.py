"""The live page: how the business is doing. Tiles and three plots, more of today below.

What tells of the system itself stands on the operations page.

`categories` has as `data-value` a JSON object of category and exact revenue, each table a
JSON list of its rows.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import cards, currency_choice, parts, plots
from dashboard.pages.addresses import AGAINST, View
from dashboard.pages.tiles import MORE_TILES, TILES
from tillstream import topology


def page(view: View = View()) -> Any:  # noqa: B008 - it cannot be changed
    """The page without its header."""
    return html.Main(
        [
            html.P(id="filter-note", className="filter-note", role="status"),
            currency_choice.note(),
            html.P(id="heard-note", className="filter-note heard-note", role="status"),
            html.Div(
                [_against(view.against), parts.tiles(TILES, "Figures of the day"), *_plots()],
                className="board",
            ),
            html.Section(
                [html.H2("More of today", className="section-title"), *_more()],
                className="more",
            ),
        ],
        id="live-page",
    )


def _against(chosen: str) -> Any:
    return html.Div(
        [
            html.Span("Compared with", id="against-label"),
            dmc.SegmentedControl(
                id="against",
                size="xs",
                value=chosen,
                data=[{"value": name, "label": label} for name, label in AGAINST.items()],
                **parts.named_by("against-label"),
            ),
            html.Span(id="against-note", role="status", **parts.attributes(value="")),
        ],
        className="against",
    )


def _plots() -> list[Any]:
    return [
        parts.plot(
            "revenue-plot",
            "Revenue over the day",
            "running total, store time",
            topology.COUNT,
            plots.revenue(),
            parts.legend(before="revenue-plot-before", p95="Today", p50="Last week"),
            parts.revenue_view(),
        ),
        cards.categories_plot(),
        parts.plot(
            "rate-plot",
            "Receipts per minute",
            "in the 60 s before",
            topology.METRICS_STORM,
            plots.receipts_per_minute(),
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
                    "gross",
                    topology.BREAKDOWNS,
                    plots.hours(),
                    parts.legend(before="hours-plot-before", p95="Today", p50="Last week"),
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
            cards.store_tables(),
            className="row two",
        ),
    ]
