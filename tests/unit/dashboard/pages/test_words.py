"""French pages: no English word is left, and no word of the data is changed."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dash import html

import dashboard
from dashboard.pages import layout, live_page, operations_page, replay_page
from dashboard.pages.formatting import Verbatim
from dashboard.pages.words import FRENCH, translate
from entrypoint.receipt_check import CLOCK_AHEAD
from entrypoint.rules import RULES

ASSETS = Path(dashboard.__file__).parent / "assets"

#: The same in both languages, or a sign.
SHARED = {"Tillstream", "CSV", "p50", "p95", "p99", "totals", "rate", "persistence"}


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, Verbatim):
        return
    if isinstance(part, str):
        yield part
    elif isinstance(part, list | tuple):
        for each in part:
            yield from texts(each)
    elif part is not None:
        for name in ("children", "title", "aria-label", "data-live"):
            yield from texts(getattr(part, name, None))


@pytest.mark.parametrize(
    "page",
    [
        live_page.page,
        operations_page.page,
        lambda: replay_page.page(date(2026, 11, 20)),
        layout.footer,
        lambda: layout.header("live"),
    ],
)
def test_every_word_of_a_page_has_a_french_one(page: Any) -> None:
    words = {text for text in texts(page()) if any(sign.isalpha() for sign in text)}

    assert set() == words - set(FRENCH) - SHARED


def test_words_are_translated_and_data_are_not() -> None:
    part = html.Div([html.Span("Returns", title="Gross"), html.B(Verbatim("Returns")), None])

    span, verbatim, _ = translate(part, "fr").children

    assert ("Retours", "TTC", "Returns") == (span.children, span.title, verbatim.children)


def test_english_is_left_as_it_is() -> None:
    assert ["Returns"] == list(texts(translate(html.Div("Returns"), "en")))


def test_every_mark_of_the_door_is_told_in_words_of_both_languages() -> None:
    panels, french = ((ASSETS / name).read_text() for name in ("25-panels.js", "45-operations.js"))
    told = dict(re.findall(r'^    "([a-z-]+)": "([^"]+)",$', panels, re.MULTILINE))

    assert {*RULES, CLOCK_AHEAD} == told.keys()
    assert [] == [words for words in told.values() if f'"{words}": "' not in french]
