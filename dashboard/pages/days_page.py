"""The page Days: days, weeks and months of any range; `assets/58-days.js` asks for and draws it.

`data-state` of the page: `waiting`, `empty`, `live` or `stale`. `data-value` of a figure is its
exact value, of a table its rows as JSON.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages import parts, plots
from dashboard.pages.definitions import column_definitions
from dashboard.pages.formatting import of_data

RANGES = {
    "30d": "30 days",
    "week": "This week",
    "month": "This month",
    "quarter": "This quarter",
    "year": "This year",
}
GROUPS = {"day": "By day", "week": "By week", "month": "By month"}
FIGURES = {
    "gross": "Gross",
    "receipts": "Receipts",
    "basket": "Basket",
    "net": "Net",
    "units": "Units",
}
#: Starts the whole system with tills that sell.
START = "script/server"

TILES = (
    ("days-gross", "Revenue", "money"),
    ("days-receipts", "Receipts", "count"),
    ("days-basket", "Average basket", "money"),
    ("days-net", "Net revenue", "money"),
    ("days-units", "Units", "decimal"),
    ("days-mean", "Revenue of a day", "money"),
)

SPLITS = {
    "category": "Categories",
    "store": "Stores",
    "product": "Products",
    "vat": "VAT",
    "tender": "Tenders",
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def page() -> Any:
    """The page without its header."""
    return html.Main(
        [
            html.Div(
                [
                    html.H2("Days"),
                    html.Span(
                        "waiting for data", id="days-fresh", className="online-fresh", role="status"
                    ),
                ],
                className="page-title replay-title",
            ),
            _controls(),
            html.P(id="days-message", className="message", role="status"),
            html.Section(
                [parts.still_tile(*tile) for tile in TILES],
                className="tiles replay-tiles online-tiles",
                **parts.named("Figures of the range"),
            ),
            parts.still_plot(
                "days-plot", "Over the range", plots.days(), _buttons("figure", FIGURES, "Figure")
            ),
            html.Div(
                [
                    html.Div([_running(), *_splits("vat", "tender")], className="days-left"),
                    _card("days-heat", "Mean gross of an hour", ("Hour", *WEEKDAYS)),
                ],
                className="row days-two",
            ),
            html.Div([*_splits("category", "store", "product")], className="row three"),
            _card(
                "days-all",
                "All rows",
                ("Days", "Gross", "Receipts", "Basket", "Net", "Units", "Note"),
                className="days-all",
            ),
            _first(),
        ],
        id="days-page",
        className="content online",
        **parts.attributes(state="waiting"),
    )


def _running() -> Any:
    return _card(
        "days-running",
        "How the month and the week run",
        ("Compared", "Change", "%", "Gross", "Before", "Receipts"),
        # On a phone it scrolls, and nothing in it takes the focus.
        focusable=True,
    )


def _splits(*names: str) -> list[Any]:
    return [_card(f"days-{name}", SPLITS[name], (SPLITS[name], "Gross", "Share")) for name in names]


def _controls() -> Any:
    return dmc.Paper(
        [
            _buttons("range", RANGES, "Range"),
            _buttons("by", GROUPS, "Grouped"),
            # The browser adds what Dash has no component for: two dates and a choice of stores.
            html.Div(id="days-choices", className="days-choices"),
        ],
        className="card replay-controls days-controls",
        withBorder=True,
    )


def _buttons(about: str, choices: dict[str, str], name: str) -> Any:
    pressed: Any = {"aria-pressed": "false"}
    return html.Div(
        [
            html.Button(
                text,
                id=f"days-{about}-{key}",
                className="control speed",
                **pressed,
                **parts.attributes(**{about: key}),
            )
            for key, text in choices.items()
        ],
        className="speeds",
        role="group",
        **parts.named(name),
    )


def _card(
    id: str,  # noqa: A002 - HTML's word
    name: str,
    columns: tuple[str, ...],
    className: str = "",  # noqa: N803 - Dash's word
    focusable: bool = False,
) -> Any:
    reached: Any = {"tabIndex": 0} if focusable else {}
    return dmc.Paper(
        [
            parts.still_head(id, name, *column_definitions(id, columns)),
            parts.still_rows(id, columns),
        ],
        className=f"card list {className}".strip(),
        withBorder=True,
        **reached,
    )


def _first() -> Any:
    return dmc.Paper(
        [
            html.P(
                "These days have no figures. Choose others; if nothing was ever sold,"
                " this starts tills that sell:"
            ),
            html.Pre(of_data(START), className="online-command"),
        ],
        id="days-first",
        className="card list",
        withBorder=True,
    )
