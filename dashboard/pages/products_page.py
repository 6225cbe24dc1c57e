"""The page Products: today's against the usual, sold out, bought together; `assets/58-products.js`.

`data-state` of the page: `waiting`, `empty`, `live` or `stale`. `data-value` of a figure is its
exact value, of a table its rows as JSON.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.definitions import column_definitions
from dashboard.pages.formatting import of_data

TILES = (
    ("products-revenue", "Revenue of products", "money"),
    ("products-sold", "Products sold", "count"),
    ("products-units", "Pieces sold", "decimal"),
    ("products-best", "Best product", "text"),
    ("products-falling", "Falling most", "text"),
    ("products-missing", "Perhaps sold out", "count"),
)
AGAINST = ("Product", "Today", "Usual", "Against usual", "")
SOLD_OUT = (
    "A store has not sold a product for so long that it would be chance less than once in a "
    "hundred times: since its last sale more than 4.6 sales were to be expected. Expected is what "
    "the store usually sells in these hours, less where it sells less than usual today. Only open "
    "hours count, until the store's newest sale."
)
#: Fills a fresh system, or sends it receipts.
START = "script/server"


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            _title(),
            html.P(id="products-message", className="message", role="status"),
            html.Section(
                [parts.still_tile(*tile) for tile in TILES],
                className="tiles replay-tiles products-tiles",
                **parts.named("Figures of the products"),
            ),
            html.Div(
                [
                    parts.still_plot(
                        "products-plot",
                        "Largest products",
                        plots.products(),
                        parts.legend(p95="Today", usual="Usual"),
                    ),
                    _card(
                        "products-soldout",
                        "Perhaps sold out",
                        ("Store", "Product", "Last sold", "Sold", "Usual by now", "Missed"),
                        names=2,
                        about=SOLD_OUT,
                    ),
                ],
                className="row products-first",
            ),
            html.Div(
                [
                    _card("products-fall", "Falling", AGAINST),
                    _card("products-rise", "Rising", AGAINST),
                ],
                className="row two",
            ),
            _card(
                "products-top",
                "All products",
                (
                    *("Product", "Gross", "Share", "Pieces", "Usual", "Against usual", ""),
                    "Last sold",
                ),
                extra=_choices(),
            ),
            html.Div(
                [
                    _card(
                        "products-pairs",
                        "Bought together",
                        ("Who buys", "also buys", "Receipts", "Share", "Than by chance"),
                        names=2,
                        about="Of the receipts with the first product, the share that have the "
                        "second too; and how many times more often both are together than if one "
                        "said nothing of the other.",
                    ),
                    _card(
                        "products-new",
                        "New today",
                        ("Product", "Gross", "Pieces", "Last sold"),
                        about="Sold by the chain on none of the 28 days before.",
                    ),
                ],
                className="row products-last",
            ),
            dmc.Paper(
                [
                    html.P("No product has been sold today. This starts a system that sells:"),
                    html.Pre(of_data(START), className="online-command"),
                ],
                id="products-none",
                className="card list",
                withBorder=True,
            ),
        ],
        id="products-page",
        className="content products",
        **parts.attributes(state="waiting"),
    )


def _title() -> Any:
    return html.Div(
        [
            html.H2("Products"),
            # Filled by the page's own script: choices that no callback follows.
            html.Div(
                id="products-scope",
                className="speeds",
                role="group",
                **parts.named("What is shown"),
            ),
            html.Span(
                "waiting for data",
                id="products-fresh",
                className="online-fresh",
                role="status",
                **parts.attributes(state="waiting"),
            ),
        ],
        className="page-title replay-title",
    )


def _choices() -> Any:
    return html.Div(
        [
            html.Div(id="products-search", className="speeds"),
            html.Button("By revenue", id="products-by-gross", className="control speed"),
            html.Button("By pieces", id="products-by-units", className="control speed"),
            html.Button("Show all", id="products-all", className="control speed"),
        ],
        className="speeds products-choices",
        role="group",
        **parts.named("What is shown"),
    )


def _card(
    id: str,  # noqa: A002 - HTML's word
    name: str,
    columns: tuple[str, ...],
    names: int = 1,
    about: str = "",
    extra: Any = None,
) -> Any:
    """A card with a table that the browser fills; `about` explains it in words."""
    return dmc.Paper(
        className=f"card list {id}",
        withBorder=True,
        children=[
            parts.still_head(
                *(id, name, *([extra] if extra is not None else [])),
                *column_definitions(id, columns),
            ),
            *([html.P(about, className="products-about")] if about else []),
            html.Div(
                parts.still_rows(id, columns, names, state="waiting"),
                className="products-rows",
                tabIndex=0,
                role="region",
                **parts.named_by(f"{id}-title"),
            ),
        ],
    )
