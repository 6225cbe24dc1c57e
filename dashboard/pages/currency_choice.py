"""In which currency a page shows its figures; the browser has `assets/11-currency.js`."""

import json
from collections.abc import Sequence
from typing import Any

from dash import html

from dashboard.pages.formatting import Verbatim
from dashboard.pages.parts import named
from tillstream.currencies import EXPONENT, EXPONENTS

#: First parts of the paths of pages whose figures are of one currency that can be chosen. Others
#: have no amounts, or those of the main one.
BY_CURRENCY = ("", "stores", "store", "products", "days", "replay", "wall")


def script_data(currencies: Sequence[str]) -> str:
    """What the browser knows of currencies, as JSON that may stand within an element `script`.

    `currencies`: those that receipts are known in, the chain's main one first.
    """
    digits = {code: each for code, each in EXPONENTS.items() if each != EXPONENT}
    known = {"main": currencies[0], "known": list(currencies), "digits": digits}
    return json.dumps({**known, "by_currency": BY_CURRENCY}, separators=(",", ":"))


def choice(currencies: Sequence[str], chosen: str, page: str) -> Any:
    """The choice, hidden where there is none."""
    page = "" if page == "live" else page
    shown = page in BY_CURRENCY and len(currencies) > 1
    return html.Div(
        html.Select(
            [
                html.Option(Verbatim(each), value=each, selected=each == chosen)
                for each in currencies
            ],
            id="currency",
            className="control",
            **named("Currency"),
        ),
        className="currency-choice",
        hidden=not shown,
    )


def note() -> Any:
    """The line that says what was sold today in other currencies."""
    return html.P(id="currencies-note", className="filter-note currencies-note", role="status")
