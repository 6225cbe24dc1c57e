"""Which page stands at a path, and how it is put together for one reader."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from dash import dcc, html

from dashboard.archive.receipts import Archive, ArchiveAwayError
from dashboard.pages import (
    layout,
    live_page,
    operations_page,
    receipt_page,
    replay_page,
    store_page,
)
from dashboard.pages.addresses import View, named, view
from dashboard.pages.formatting import Writer, of_data
from dashboard.pages.parts import attributes
from dashboard.pages.words import translate
from dashboard.state.model import Model
from dashboard.state.store_days import StoreDays
from tillstream.clock import Clock
from tillstream.errors import UndecodableMessageError

#: A store's page asks again this often, ms.
REFRESH_MS = 5_000


#: Days whose neighbours are days too.
_DAY = re.compile(r"[12]\d{3}-\d\d-\d\d")


class Place(NamedTuple):
    """A page, and the store, the receipt or the day that it is about; no day is yesterday."""

    page: Literal["live", "operations", "store", "receipt", "replay", "nowhere"]
    about: str = ""


def place(pathname: str, search: str = "") -> Place:
    """The page at a path and its query, as the browser has them: percent-encoded.

    A store or a receipt is named by the query; the path may name it too, if it can hold it.
    """
    head, _, rest = pathname.strip("/").partition("/")
    if head == "":
        return Place("live")
    if head == "operations" and not rest:
        return Place("operations")
    if head == "store" and (store := unquote(rest) or named(search, "id")):
        return Place("store", store)
    if head == "receipt" and (key := unquote(rest) or named(search, "key")):
        return Place("receipt", key)
    if head == "replay" and (not rest or _day(rest) is not None):
        return Place("replay", rest)
    return Place("nowhere")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


class Pages:
    """Puts pages together; those about a store or a receipt ask the archive."""

    def __init__(
        self,
        model: Model,
        days: StoreDays,
        archive: Archive,
        clock: Clock,
        counted_to: Callable[[], float | None] = lambda: None,
    ) -> None:
        """`counted_to` tells when the ledger had last read the whole log, Unix seconds."""
        self._counted_to = counted_to
        self._model = model
        self._days = days
        self._archive = archive
        self._clock = clock

    def render(self, pathname: str, language: str, search: str = "") -> list[Any]:
        """Header, content and footer. Blocks while the archive is asked."""
        at = place(pathname, search)
        contents = {"live": live_page.page, "operations": operations_page.page}
        if at.page == "replay":
            today = date.fromisoformat(self._model.day)
            content = replay_page.page(_day(at.about) or today - timedelta(days=1))
        elif at.page in contents:
            content = contents[at.page]()
        else:
            content = self._written(at, language, view(search))
        page = [layout.header(at.page, view(search)), content, layout.footer()]
        return list(translate(page, language))

    def refresh(self, pathname: str, language: str, search: str = "") -> list[Any] | None:
        """A store's figures again; None when the archive does not answer."""
        try:
            found = self._store(place(pathname, search).about, language, view(search))
            return list(translate(found, language))
        except ArchiveAwayError:
            return None

    def _written(self, at: Place, language: str, shown: View) -> Any:
        try:
            if at.page == "store":
                inner = self._store(at.about, language, shown)
            elif at.page == "receipt":
                inner = self._receipt(at.about, language)
            else:
                inner = [html.P("There is no such page.", className="message")]
        except ArchiveAwayError:
            inner = [html.P("The archive is away. Try again in a moment.", className="message")]
        body = html.Div(inner, id="body", className="more", **attributes(about=at.about))
        if at.page == "store":
            return html.Main(
                [
                    store_page.title(at.about, shown),
                    body,
                    store_page.plot_cards(),
                    dcc.Interval(id="refresh", interval=REFRESH_MS),
                ],
                id="store-page",
                className="content",
                **attributes(store=at.about, state="waiting"),
            )
        title = "Receipt" if at.page == "receipt" else "Tillstream"
        heading = html.H2([html.Span(title), of_data(f" {at.about}")])
        return html.Main([html.Div(heading, className="page-title"), body], className="content")

    def _store(self, store: str, language: str, shown: View) -> list[Any]:
        today = self._days.of(store)
        found = self._archive.store_day(store, today.day, today.zone.key, shown.category)
        if not found.totals and not self._archive.knows(store):
            return store_page.unknown(store)
        write = Writer(language, today.zone)
        return store_page.body(store, today, found, self._model.tills(self._clock()), write, shown)

    def _receipt(self, key: str, language: str) -> list[Any]:
        try:
            life = self._archive.receipt(key)
            if life is None:
                return [html.P("The archive has no such receipt (yet).", className="message")]
            write = Writer(language, self._days.of(life.document["store"]).zone)
            return receipt_page.body(key, life, self._counted_to(), write)
        except UndecodableMessageError as error:
            return receipt_page.unreadable(error.reason)
