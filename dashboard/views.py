"""Addresses of the pages, and what they say beside their path: the window and the filters."""

from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlencode

#: What the plots over time show, and its label; `?window=` in the address.
WINDOWS = {"day": "Day", "6h": "6 h", "1h": "1 h", "15m": "15 m"}
#: Longest name of a store or a category that is looked for.
MAX_NAME = 200


class View(NamedTuple):
    """A link shows the same view: the time window, and one store or category, or all."""

    window: str = "day"
    store: str = ""
    category: str = ""


def view(search: str) -> View:
    """The view that a query string names; the whole day unless the window is one of ours."""
    named = parse_qs(search.removeprefix("?"))

    def last(name: str) -> str:
        return named.get(name, [""])[-1][:MAX_NAME]

    window = last("window")
    return View(window if window in WINDOWS else "day", last("store"), last("category"))


def receipt_path(key: str) -> str:
    """Where a receipt is shown; its identity may hold any sign, `/`, blanks and `%` included."""
    return "/receipt/" + quote(key, safe="/:")


def query(window: str, category: str) -> str:
    """The part of an address that names a view; nothing for the usual one."""
    named = {"window": "" if window == "day" else window, "category": category}
    text = urlencode({name: value for name, value in named.items() if value})
    return f"?{text}" if text else ""


def store_path(store: str) -> str:
    """Where a store is shown."""
    return "/store/" + quote(store, safe="")
