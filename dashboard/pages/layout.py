"""What stands around every page: the document, the theme, the header and the footer.

`data-time` has as `data-value` when the day's figures were read; `status` as `data-state` the
state of the whole page, which beside those of a figure may be `reconnecting`.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.access.reader import EVERYTHING, Reader
from dashboard.pages import currency_choice, navigation, store_titles
from dashboard.pages.addresses import WINDOWS, View
from dashboard.pages.formatting import of_data
from dashboard.pages.languages import script_data
from dashboard.pages.parts import attributes, named
from tillstream.currencies import CURRENCY
from tillstream.stores import StoreTable

#: What runs before all else stands in the document: a file of its own might fail, too.
START = Path(__file__).parent.parent / "assets" / "11-start.js"
_START = START.read_text()
START_HASH = f"'sha256-{b64encode(sha256(_START.encode()).digest()).decode()}'"

#: Where the names of the stores come.
_STORES = "<!--stores-->"
#: Where the currencies come.
_CURRENCIES = "<!--currencies-->"

#: The page around the application; nothing in it is fetched from elsewhere.
INDEX = f"""<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
<script>{_START}</script>
<link rel="icon" type="image/svg+xml" href="/assets/mark.svg">
{{%css%}}
</head>
<body>
{{%app_entry%}}
<script type="application/json" id="languages">{script_data()}</script>
<script type="application/json" id="store-names">{_STORES}</script>
<script type="application/json" id="currencies">{_CURRENCIES}</script>
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""

_THEME = {
    "fontFamily": "Inter, system-ui, sans-serif",
    "primaryColor": "orange",
    "defaultRadius": "md",
}

#: Pages that a store, a category and a time window narrow.
NARROWED = frozenset({"live", "store"})


def with_data(document: str, table: StoreTable, reader: Reader, currencies: Sequence[str]) -> str:
    """The document of INDEX with the names of the stores that its reader sees, and currencies."""
    document = document.replace(_STORES, store_titles.script_data(table, reader), 1)
    return document.replace(_CURRENCIES, currency_choice.script_data(currencies), 1)


def shell() -> Any:
    """What stays while pages change; its theme is its reader's choice, else the system's."""
    return dmc.MantineProvider(
        id="theme",
        defaultColorScheme="auto",
        theme=_THEME,
        children=[
            dcc.Location(id="location", refresh=False),
            dcc.Store(id="chosen-theme", storage_type="local"),
            dcc.Store(id="language"),
            html.Div(id="page", className="page"),
        ],
    )


def footer() -> Any:
    return html.Footer(
        [
            html.Span(id="data-time-long", children="No figures yet"),
            html.Span("Every figure is counted from the receipts themselves"),
        ],
        className="footer",
    )


def header(
    page: str,
    view: View,
    table: StoreTable,
    reader: Reader = EVERYTHING,
    currencies: Sequence[str] = (CURRENCY,),
) -> Any:
    """The header with the reader's ways to the other pages; `page` is the present one."""
    return html.Header(
        className="header",
        children=[
            html.Img(src="/assets/mark.svg", className="mark", alt=""),
            html.Div(
                [html.H1("Tillstream"), html.Span("Live sales", id="subtitle")], className="brand"
            ),
            html.Div(
                "Waiting for data",
                id="status",
                className="status",
                role="status",
                **attributes(state="waiting"),
            ),
            navigation.ways(page, reader, table, view.store),
            html.Div(className="spring"),
            html.Span(
                "--:--:--", id="data-time", className="clock", title="Time of the newest figures"
            ),
            currency_choice.choice(currencies, view.currency, page),
            html.Button("Pause", id="pause", className="control", **attributes(paused="false")),
            _save(),
            dmc.ActionIcon(
                html.Span(className="half-moon"),
                id="theme-toggle",
                variant="default",
                size="lg",
                **named("Switch between dark and light"),
            ),
            *([_narrowing(view, table)] if page in NARROWED else []),
        ],
    )


def _save() -> Any:
    return navigation.menu(
        html.Span("Save", title="Save what is shown"),
        [
            html.Button("CSV", id="csv"),
            html.Button("Excel", id="xlsx"),
            html.Span(id="save-said", className="save-said", role="status"),
        ],
        id="save",
        className="control",
    )


def _narrowing(view: View, table: StoreTable) -> Any:
    filters = [*_region(view, table), *_filters(view, table)]
    return html.Div([*filters, _windows(view.window)], className="narrowing")


def _region(view: View, table: StoreTable) -> list[Any]:
    """None where no store has one, nor beside a store, which is in its own."""
    if view.store or not table.regions():
        return []
    names = sorted({*table.regions(), *([view.region] if view.region else [])})
    options = [{"value": name, "label": of_data(name)} for name in names]
    return [_select("region", "All regions", view.region, options)]


def _filters(view: View, table: StoreTable) -> list[Any]:
    store = store_titles.numbered(table.store(view.store))
    chosen = (
        ("store", "All stores", view.store, store),
        ("category", "All categories", view.category, of_data(view.category)),
    )
    # The browser asks for the others.
    return [
        _select(name, every, value, [{"value": value, "label": label}] if value else [])
        for name, every, value, label in chosen
    ]


def _select(name: str, every: str, value: str, options: list[dict[str, Any]]) -> Any:
    return dmc.Select(
        id=f"{name}-filter",
        className="filter",
        size="xs",
        placeholder=every,
        value=value or None,
        data=options,
        searchable=True,
        clearable=True,
        limit=100,
        nothingFoundMessage="none",
        **named(every),
    )


def _windows(window: str) -> Any:
    return dmc.SegmentedControl(
        id="window",
        size="xs",
        className="windows",
        value=window,
        data=[{"value": name, "label": label} for name, label in WINDOWS.items()],
        **named("Time window"),
    )
