"""The page Online: the shop's last hour and day; `assets/55-online.js` fills it every second.

`data-state` of the page: `waiting`, `empty`, `live` or `stale`; of each card `waiting`, `live` or
`stale`. `data-value` of a figure is its exact value, of a table its rows as JSON.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.definitions import column_definitions
from dashboard.pages.formatting import of_data
from dashboard.state.online_windows import (
    CATEGORIES,
    CREDITS,
    CUSTOMERS,
    FAILURES,
    FUNNEL,
    GENDERS,
    MODELS,
    PRODUCTS,
    STOCK,
)

RANGES = {"hour": "Last hour", "day": "Today"}
#: The models' names on their buttons.
MODEL_NAMES = {
    "first_touch": "First click",
    "last_touch": "Last click",
    "last_non_direct": "Last non-direct",
    "linear": "Linear",
    "time_decay": "Time decay",
    "position_based": "By position",
}
#: Starts the whole system with a shop that sells.
START = "script/server --shop"
_PRESSED: Any = {"aria-pressed": "false"}


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            title("Online shop", _ranges()),
            html.P(id="online-message", className="message", role="status"),
            _tiles(),
            html.Div(
                [
                    parts.still_plot(
                        "online-revenue-plot",
                        "Revenue and profit",
                        plots.online(),
                        parts.legend(p95="Revenue", p50="Profit"),
                    ),
                    card(
                        "online-funnel",
                        "From view to purchase",
                        FUNNEL,
                        ("Step", "Count", "Of the one before"),
                    ),
                ],
                className="row online-first",
            ),
            html.Div(
                [
                    card(
                        "online-sources",
                        "Sources",
                        CREDITS,
                        ("Source", "Purchases", "Share"),
                        _models(),
                    ),
                    card(
                        "online-categories",
                        "Categories",
                        CATEGORIES,
                        ("Category", "Purchases", "Share"),
                    ),
                ],
                className="row two",
            ),
            html.Div(
                [
                    card(
                        "online-failures",
                        "Failed payments",
                        FAILURES,
                        ("Reason", "Purchases", "Share"),
                    ),
                    card("online-gender", "Gender", GENDERS, ("Gender", "Purchases", "Share")),
                    card(
                        "online-customers",
                        "Customers",
                        CUSTOMERS,
                        ("Gender", "Customers", "Last seen"),
                    ),
                ],
                className="row three",
            ),
            html.Div(
                [
                    card(
                        "online-products",
                        "Products",
                        PRODUCTS,
                        ("Product", "Sales", "Pieces", "Customers"),
                    ),
                    card("online-stock", "Stock", STOCK, ("Category", "Average price", "Stock")),
                ],
                className="row two",
            ),
            first(),
        ],
        id="online-page",
        className="content online",
        **parts.attributes(state="waiting"),
    )


def title(name: str, *extra: Any) -> Any:
    """The page's name, what is chosen on it, and how fresh it is."""
    return html.Div(
        [
            html.H2(name),
            *extra,
            html.Span(
                "waiting for data",
                id="online-fresh",
                className="online-fresh",
                role="status",
                **parts.attributes(state="waiting"),
            ),
        ],
        className="page-title replay-title",
    )


def _ranges() -> Any:
    buttons = [
        html.Button(
            text,
            id=f"online-range-{name}",
            className="control speed",
            **_PRESSED,
            **parts.attributes(range=name),
        )
        for name, text in RANGES.items()
    ]
    return html.Div(buttons, className="speeds", role="group", **parts.named("Time window"))


def _tiles() -> Any:
    return html.Section(
        [
            parts.still_tile(f"online-{name}", label, format)
            for name, label, format in (  # noqa: A001 - the tiles' word
                ("revenue", "Revenue", "money"),
                ("profit", "Profit", "money"),
                ("quantity", "Pieces sold", "count"),
                ("purchases", "Purchases", "count"),
                ("failed", "Failed payments", "count"),
                ("best", "Best source", "text"),
            )
        ],
        className="tiles replay-tiles online-tiles",
        **parts.named("Figures of the online shop"),
    )


def _models() -> Any:
    buttons = [
        html.Button(
            MODEL_NAMES[name],
            id=f"online-model-{name}",
            className="control speed",
            **_PRESSED,
            **parts.attributes(model=name),
        )
        for name in MODELS
    ]
    return html.Div(
        buttons,
        className="speeds online-models",
        role="group",
        **parts.named("How purchases are credited"),
    )


def card(id: str, name: str, window: str, columns: tuple[str, ...], *extra: Any) -> Any:  # noqa: A002
    """A card with a table that the browser fills from a window; `extra` stands above it."""
    return dmc.Paper(
        className=f"card list {id}",
        withBorder=True,
        children=[
            html.Div(
                [
                    html.Div(
                        [
                            html.H2(name, id=f"{id}-title"),
                            html.Span(id=f"{id}-until", className="online-until"),
                        ]
                    ),
                    html.Div(className="spring"),
                    *column_definitions(id, columns),
                ],
                className="plot-head",
            ),
            *extra,
            parts.still_rows(id, columns, state="waiting", window=window),
        ],
    )


def first() -> Any:
    """What to do while there is no event of the shop."""
    return dmc.Paper(
        [
            html.P("The online shop has sent no event yet. This starts one that sells:"),
            html.Pre(of_data(START), className="online-command"),
        ],
        id="online-first",
        className="card list",
        withBorder=True,
    )
