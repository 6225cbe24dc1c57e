"""Which page stands at a path, and how it is put together for one reader."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from dash import html

from dashboard.access.reader import NOBODY, Reader
from dashboard.access.rules import may_open
from dashboard.archive.connection import ArchiveAwayError
from dashboard.archive.receipts import Receipts
from dashboard.pages import (
    alerts_page,
    channels_page,
    days_page,
    explore_page,
    jobs_page,
    layout,
    live_page,
    online_page,
    operations_page,
    products_page,
    receipt_page,
    refused_page,
    replay_page,
    store_page,
    stores_page,
    wall_page,
)
from dashboard.pages.addresses import View, doubled, named, view
from dashboard.pages.formatting import Writer, of_data
from dashboard.pages.parts import attributes
from dashboard.pages.words import translate
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays
from tillstream.clock import Clock
from tillstream.errors import UndecodableMessageError
from tillstream.stores import StoreTable
from tillstream.streams.definition import Definitions

NOTHING_DECLARED = Definitions(streams={}, windows={})

#: Days whose neighbours are days too.
_DAY = re.compile(r"[12]\d{3}-\d\d-\d\d")


class Place(NamedTuple):
    """A page, and the store, the receipt or the day that it is about; no day is yesterday.

    Of `doubled` it is the parameter that the address has twice.
    """

    page: Literal[
        "live",
        "stores",
        "products",
        "online",
        "channels",
        "days",
        "operations",
        "store",
        "receipt",
        "replay",
        "explore",
        "jobs",
        "alerts",
        "wall",
        "doubled",
        "nowhere",
    ]
    about: str = ""


#: Pages that are about nothing but themselves, by their path.
_PLAIN: dict[
    str,
    Literal[
        "stores", "products", "days", "online", "channels", "operations", "jobs", "alerts", "wall"
    ],
] = {
    "stores": "stores",
    "products": "products",
    "days": "days",
    "online": "online",
    "channels": "channels",
    "operations": "operations",
    "jobs": "jobs",
    "alerts": "alerts",
    "wall": "wall",
}


def place(pathname: str, search: str = "") -> Place:
    """The page at a path and its query, as the browser has them: percent-encoded.

    A store or a receipt is named by the query; the path may name it too, if it can hold it.
    """
    if twice := doubled(search):
        return Place("doubled", twice)
    head, _, rest = pathname.strip("/").partition("/")
    if head == "":
        return Place("live")
    if head in _PLAIN and not rest:
        return Place(_PLAIN[head])
    if head == "store" and (store := unquote(rest) or named(search, "id")):
        return Place("store", store)
    if head == "receipt" and (key := unquote(rest) or named(search, "key")):
        return Place("receipt", key)
    if head == "replay" and (not rest or _day(rest) is not None):
        return Place("replay", rest)
    if head == "explore" and not rest:
        return Place("explore", named(search, "window"))
    return Place("nowhere")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


class Pages:
    """Puts pages together; a receipt's asks the archive."""

    def __init__(
        self,
        model: Model,
        days: StoreDays,
        receipts: Receipts,
        counted_to: Callable[[], float | None] = lambda: None,
        definitions: Definitions = NOTHING_DECLARED,
        clock: Clock = time.time,
        currencies: Callable[[], Sequence[str]] | None = None,
    ) -> None:
        """`counted_to` tells when the ledger had last read the whole log, Unix seconds.

        `currencies`: those that receipts are known in, the main one first; else it is the only one.
        """
        self.currencies = currencies or (lambda: [model.currency])
        self._counted_to = counted_to
        self._definitions = definitions
        self._clock = clock
        self._model = model
        self._days = days
        self._receipts = receipts

    @property
    def stores(self) -> StoreTable:
        """What is known of the stores, with their names."""
        return self._days.table

    def render(
        self, pathname: str, language: str, search: str = "", reader: Reader = NOBODY
    ) -> list[Any]:
        """Header, content and footer for a reader. Blocks while the archive is asked."""
        at, shown = place(pathname, search), view(search)
        # Of the live page a store is none of its filters: it has a page of its own.
        shown = shown._replace(store=at.about if at.page == "store" else "")
        refused = not may_open(reader, at.page, at.about)
        header = layout.header(
            "refused" if refused else at.page, shown, self.stores, reader, self.currencies()
        )
        content = refused_page.page() if refused else self._content(at, language, shown, reader)
        page = [header, content, layout.footer()]
        return list(translate(page, language))

    def _content(self, at: Place, language: str, shown: View, reader: Reader) -> Any:
        match at.page:
            case "live":
                return live_page.page(shown)
            case "stores":
                return stores_page.page()
            case "wall":
                return wall_page.page()
            case "products":
                return products_page.page()
            case "online":
                return online_page.page()
            case "channels":
                return channels_page.page()
            case "days":
                return days_page.page()
            case "operations":
                return operations_page.page()
            case "alerts":
                return alerts_page.page()
            case "jobs":
                return jobs_page.page()
            case "store":
                return store_page.page(self.stores.store(at.about))
            case "replay":
                today = date.fromisoformat(self._model.day)
                day = _day(at.about) or today - timedelta(days=1)
                return replay_page.page(day, beside_today=reader.stores is None)
            case "explore" if at.about in self._definitions.windows:
                return explore_page.page(self._definitions, at.about)
            case "explore" if not at.about:
                return explore_page.overview(self._definitions)
            case "explore":
                inner = [html.P("There is no such window.", className="message")]
            case "receipt":
                inner = self._receipt(at.about, language, reader)
            case "doubled":
                inner = [html.P("A page shows one of it: take one away.", className="message")]
            case "nowhere":
                inner = [html.P("There is no such page.", className="message")]
        titles = {"receipt": "Receipt", "doubled": "Twice in the address:"}
        title = titles.get(at.page, "Tillstream")
        heading = html.H2([html.Span(title), of_data(f" {at.about}")])
        body = html.Div(inner, id="body", className="more", **attributes(about=at.about))
        return html.Main([html.Div(heading, className="page-title"), body], className="content")

    def _receipt(self, key: str, language: str, reader: Reader) -> list[Any]:
        try:
            if self._model.archive_away(self._clock()):
                raise ArchiveAwayError("known to be away")
            life = self._receipts.find(key)
            # Of a store that is not seen it is not even told that the receipt exists.
            if life is None or not reader.sees(str(life.document["store"])):
                return [html.P("The archive has no such receipt (yet).", className="message")]
            write = Writer(language, self._days.of(life.document["store"]).zone)
            return receipt_page.body(key, life, self.stores, self._counted_to(), write)
        except ArchiveAwayError:
            return [html.P("The archive is away. Try again in a moment.", className="message")]
        except UndecodableMessageError as error:
            if reader.stores is not None:
                # Whose store it is of, nobody can read.
                return [html.P("The archive has no such receipt (yet).", className="message")]
            return receipt_page.unreadable(error.reason)
