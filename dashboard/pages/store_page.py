"""One store's day: the filters' figures and plots, and tables that only a store has.

The browser fills it as it fills the live page under a filter, from one answer of the archive.
"""

from typing import Any

from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.addresses import WINDOWS, View, store_path
from dashboard.pages.formatting import Verbatim, of_data
from dashboard.pages.store_titles import numbered
from dashboard.pages.tiles import STORE_TILES
from tillstream import topology
from tillstream.stores import Store

_CURRENT: Any = {"aria-current": "true"}


def page(store: Store, view: View) -> Any:
    """The page without its header; `data-state` is as its answer is."""
    return html.Main(
        [
            _title(store, view),
            html.P(id="store-message", className="message", role="status"),
            parts.tiles(STORE_TILES, "Figures of the store"),
            _plots(),
            _tables(),
        ],
        id="store-page",
        className="content",
        **parts.attributes(store=store.store, state="waiting"),
    )


def _title(store: Store, view: View) -> Any:
    """The store, its time windows, and its category, which a link takes away."""
    windows = [
        html.A(
            label,
            href=store_path(store.store, name, view.category),
            className="way",
            **(_CURRENT if name == view.window else {}),
        )
        for name, label in WINDOWS.items()
    ]
    chosen = [
        html.A(
            [of_data(f"{view.category} "), html.Span("all categories")],
            href=store_path(store.store, view.window),
            id="store-category",
            className="way",
        )
    ]
    return html.Div(
        [
            html.H2([html.Span("Store"), Verbatim(f" {numbered(store)}")]),
            html.Nav(windows, className="ways", **parts.named("Time window")),
            *(chosen if view.category else []),
            html.Span(id="store-fresh", className="fresh"),
        ],
        className="page-title replay-title",
    )


def _plots() -> Any:
    def plot(id: str, title: str, figure: plots.Figure, *extra: Any) -> Any:  # noqa: A002
        return parts.plot(id, title, "", topology.METRICS_DB, figure, *extra)

    compared = parts.legend(p95="Today", p50="Last week")
    return html.Div(
        [
            plot("revenue-plot", "Revenue over the day", plots.revenue(), compared),
            plot("categories-plot", "Sales by category", plots.categories()),
            plot("store-rate-plot", "Receipts sold per minute", plots.receipts_per_minute()),
            plot("hours-plot", "Today by hour", plots.hours(), compared),
        ],
        className="replay-plots store-plots",
    )


def _tables() -> Any:
    def table(id: str, title: str, *columns: str) -> Any:  # noqa: A002 - HTML's word
        return parts.table(id, title, "", topology.METRICS_DB, columns)

    return html.Div(
        [
            table("store-hours", "Hours", "Hour", "Gross", "Last week"),
            html.Div(
                [
                    table("store-vat", "VAT", "Rate", "Net", "Tax"),
                    table("store-tenders", "Tender mix", "Tender", "Gross", "Share"),
                    table("store-categories", "Categories", "Category", "Gross", "Share"),
                ],
                className="stack",
            ),
            html.Div(
                [
                    table(
                        *("store-tills", "Tills"),
                        *("Till", "Receipts", "Gross", "Last receipt", "Missing", "State"),
                    ),
                    table("store-latest", "Latest receipts", "Time", "Till", "Number", "Gross"),
                ],
                className="stack",
            ),
        ],
        className="row store-tables",
    )
