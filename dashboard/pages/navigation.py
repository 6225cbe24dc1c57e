"""The header's links to the pages: those of the business in its row, the others in a menu.

The menu holds all of them: where the header has no room for a row, it is the only way.
"""

from typing import Any, NamedTuple

from dash import html

from dashboard.access.reader import Reader
from dashboard.access.rules import may_open
from dashboard.pages.addresses import store_path
from dashboard.pages.parts import named
from dashboard.pages.store_titles import numbered
from tillstream.stores import StoreTable


class Way(NamedTuple):
    """A page's name in the code, its name for readers, and its path."""

    page: str
    text: str
    path: str


#: Of the business: in the row where there is room.
BUSINESS = (
    Way("live", "Live", "/"),
    Way("stores", "Stores", "/stores"),
    Way("products", "Products", "/products"),
    Way("days", "Days", "/days"),
    Way("online", "Online", "/online"),
    Way("channels", "Tills and shop", "/channels"),
    Way("alerts", "Alerts", "/alerts"),
)
#: For those who look deeper, or after the system: always in the menu.
MORE = (
    Way("wall", "Wall", "/wall"),
    Way("explore", "Explore", "/explore"),
    Way("replay", "Replay", "/replay"),
    Way("operations", "Operations", "/operations"),
    Way("jobs", "Jobs", "/jobs"),
)

#: Stores of a manager that have a link of their own; the store's filter leads to the others.
MOST_STORES = 20

_CURRENT: Any = {"aria-current": "page"}


def ways(page: str, reader: Reader, table: StoreTable, store: str = "") -> Any:
    """The links that a reader may follow; `page` is the present one, `store` that of a store's."""
    row = [way for way in BUSINESS if may_open(reader, way.page)]
    more = [way for way in MORE if may_open(reader, way.page)]
    within = " within" if page in {way.page for way in more} else ""
    return html.Nav(
        [
            html.Div([_link(way, page, id=f"way-{way.page}") for way in row], className="way-row"),
            menu(
                [
                    html.Span("More", className="way-more"),
                    html.Span("Menu", className="way-menu"),
                ],
                [
                    *_stores(reader, table, store),
                    *(_link(way, page, className="way in-row") for way in row),
                    *(_link(way, page) for way in more),
                ],
                id="ways-menu",
                className=f"way{within}",
            ),
        ],
        className="ways",
        **named("Pages"),
    )


def _stores(reader: Reader, table: StoreTable, present: str) -> list[Any]:
    """Of a manager, who has no page of all stores."""
    return [
        html.A(
            numbered(table.store(store)),
            href=store_path(store),
            className="way",
            **(_CURRENT if store == present else {}),
        )
        for store in (reader.stores or ())[:MOST_STORES]
    ]


def menu(summary: Any, entries: list[Any], id: str, className: str) -> Any:  # noqa: A002, N803 - Dash's words
    """What unfolds below its summary; it works by pointer and keyboard without a script."""
    return html.Details(
        [
            html.Summary(summary, id=f"{id}-summary", className=className),
            html.Div(entries, className="menu-entries"),
        ],
        id=id,
        className="menu",
    )


def _link(way: Way, page: str, className: str = "way", **more: Any) -> Any:  # noqa: N803 - Dash's word
    current = _CURRENT if way.page == page else {}
    return html.A(way.text, href=way.path, className=className, **current, **more)
