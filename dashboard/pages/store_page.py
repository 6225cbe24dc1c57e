"""One store's day: the figures and plots of the live page, and tables that only a store has.

The header narrows it as it does the live page. The browser fills it from one answer of the archive.
"""

from typing import Any

from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.formatting import Verbatim
from dashboard.pages.store_titles import numbered
from dashboard.pages.tiles import STORE_TILES
from tillstream import topology
from tillstream.stores import Store


def page(store: Store) -> Any:
    """The page without its header; `data-state` is as its answer is."""
    return html.Main(
        [
            _title(store),
            html.P(id="store-message", className="message", role="status"),
            parts.tiles(STORE_TILES, "Figures of the store"),
            _plots(),
            _tables(),
        ],
        id="store-page",
        className="content",
        **parts.attributes(store=store.store, state="waiting"),
    )


def _title(store: Store) -> Any:
    return html.Div(
        [
            html.H2([html.Span("Store"), Verbatim(f" {numbered(store)}")]),
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
            plot(
                *("revenue-plot", "Revenue over the day", plots.revenue()),
                *(compared, parts.revenue_view()),
            ),
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
