"""Addresses of the pages, and what they say beside their path: the window and the filters."""

from collections import Counter
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

#: What the plots over time show, and its label; `?window=` in the address.
WINDOWS = {"day": "Day", "6h": "6 h", "1h": "1 h", "15m": "15 m"}
#: What the day is compared with, and its label; `?against=` in the address.
AGAINST = {"yesterday": "Yesterday", "week": "Last week", "usual": "Usual", "year": "Last year"}
#: Before the name of a window's key in an address: no key is taken for another parameter.
KEY_PREFIX = "key."
#: Longest name of a store or a category that is looked for.
MAX_NAME = 200


class View(NamedTuple):
    """A link shows the same view: the time window, one region or category or all; or a store."""

    window: str = "day"
    store: str = ""
    category: str = ""
    against: str = "week"
    region: str = ""
    #: By ISO 4217; the chain's main one where it is empty.
    currency: str = ""


def view(search: str) -> View:
    """The view that a query string names; the usual one where it names none of ours."""
    window, store, category, against, region, currency = (
        named(search, name)[:MAX_NAME]
        for name in ("window", "store", "category", "against", "region", "currency")
    )
    return View(
        window if window in WINDOWS else "day",
        store,
        category,
        against if against in AGAINST else "week",
        region,
        currency[:3],
    )


def receipt_path(key: str) -> str:
    """Where a receipt is shown."""
    return _about("/receipt", key=key)


def store_path(store: str, window: str = "day", category: str = "") -> str:
    """Where a store is shown, in a time window and of one category or all."""
    return _about("/store", id=store, window="" if window == "day" else window, category=category)


def explore_path(window: str) -> str:
    """Where a window's rows are shown."""
    return _about("/explore", window=window)


def named(search: str, name: str) -> str:
    """What a query string says by a name, the last time; nothing if it does not."""
    return parse_qs(search.removeprefix("?"), errors="replace").get(name, [""])[-1]


def doubled(search: str) -> str:
    """The first name that stands twice in a query string; empty where each stands once."""
    said = parse_qsl(search.removeprefix("?"), keep_blank_values=True, errors="replace")
    counts = Counter(name for name, _ in said)
    return next((name for name, count in counts.items() if count > 1), "")


def _about(path: str, **query: str) -> str:
    # An identity may hold any sign, and no path can hold each: of `..` and `.`, percent-encoded
    # too, a browser makes the folder above.
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said, quote_via=quote, safe='/:')}"
