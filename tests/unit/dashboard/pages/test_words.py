"""French pages: no English word is left, and no word of the data is changed."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from dash import html

import dashboard
from alerts.rules_file import KINDS
from analytics.verify.comparison import Report
from dashboard.pages import (
    alerts_page,
    channels_page,
    days_page,
    jobs_page,
    layout,
    live_page,
    online_page,
    operations_page,
    products_page,
    replay_page,
    store_page,
    stores_page,
)
from dashboard.pages.addresses import View
from dashboard.pages.formatting import Verbatim
from dashboard.pages.languages import LANGUAGES, language, read_languages
from dashboard.pages.words import translate
from tests.support.snapshots import ZONE
from tillstream.clock import BusinessDay
from tillstream.receipt_rules import CLOCK_AHEAD, RULES
from tillstream.stores import Store, StoreTable

ASSETS = Path(dashboard.__file__).parent / "assets"
WORDS = ASSETS.parent / "words"

NO_NAMES = StoreTable(BusinessDay(ZoneInfo(ZONE)), {})
#: The same in both languages, or a sign.
SHARED = {"Tillstream", "CSV", "p50", "p95", "p99", "totals", "rate", "persistence", "MongoDB"}


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
        stores_page.page,
        online_page.page,
        channels_page.page,
        products_page.page,
        days_page.page,
        jobs_page.page,
        alerts_page.page,
        lambda: replay_page.page(date(2026, 11, 20)),
        layout.footer,
        lambda: layout.header("live", View(), NO_NAMES),
    ],
)
def test_every_word_of_a_page_is_in_the_words(page: Any) -> None:
    words = {text for text in texts(page()) if any(sign.isalpha() for sign in text)}

    assert set() == words - set(LANGUAGES["en"].words) - SHARED


#: Words of those who run it; a director reads "stored", "counted", "archive".
OPERATORS_WORDS = re.compile(
    r"\b(p50|p95|p99|door|ledger|log|queue|offset|workers?|ingested|exit status|verify|mongodb"
    r"|porte|registre|journal|files?|processus|code de sortie)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(
    "page",
    [
        live_page.page,
        lambda: store_page.page(Store("7")),
        stores_page.page,
        online_page.page,
        channels_page.page,
        products_page.page,
        days_page.page,
        layout.footer,
        lambda: layout.header("live", View(), NO_NAMES),
    ],
)
def test_no_page_of_the_business_has_a_word_of_its_operators(page: Any, code: str) -> None:
    shown = set(texts(translate(page(), code)))

    assert [] == sorted(text for text in shown if OPERATORS_WORDS.search(text))


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_script_of_the_business_says_a_word_of_its_operators(code: str) -> None:
    pages = (
        "2",
        "30-live",
        "35-filters",
        "47-store",
        "55-online",
        "56-online-page",
        "57-channels",
        "58-days-tables",
        "59-days",
        "6",
    )
    scripts = "".join(each.read_text() for page in pages for each in ASSETS.glob(f"{page}*.js"))
    said = {LANGUAGES[code].words[text] for text in re.findall(r'say\("([^"]+)"\)', scripts)}

    assert [] == sorted(text for text in said if OPERATORS_WORDS.search(text))


def test_words_are_translated_and_data_are_not() -> None:
    part = html.Div([html.Span("Returns", title="Gross"), html.B(Verbatim("Returns")), None])

    span, verbatim, _ = translate(part, "fr").children

    assert ("Retours", "TTC", "Returns") == (span.children, span.title, verbatim.children)


def test_english_is_left_as_it_is() -> None:
    assert ["Returns"] == list(texts(translate(html.Div("Returns"), "en")))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_the_same_words_every_mark_and_kind_of_alert(code: str) -> None:
    words, marks = LANGUAGES[code].words, LANGUAGES[code].marks

    assert LANGUAGES["en"].words.keys() == words.keys()
    assert {*RULES, CLOCK_AHEAD} == marks.keys()
    assert set() == KINDS.keys() - words.keys()
    assert [] == [key for key, text in [*words.items(), *marks.items()] if not text.strip()]


def test_a_word_that_a_script_says_is_in_the_words() -> None:
    scripts = "".join(path.read_text() for path in ASSETS.glob("[1-9]*.js"))
    said = re.findall(r"""say\((?:[^()"]*\? "([^"]+)" : )?"([^"]+)"\)""", scripts)

    assert len(said) > 40
    assert set() == {text for each in said for text in each if text} - set(LANGUAGES["en"].words)


def test_every_part_of_a_proof_is_in_the_words() -> None:
    """A script says the line of `verify` part by part, with N for each number."""
    lists = {"differences", "aside", "alone", "alone_days"}
    found: dict[str, Any] = {
        field: [] if field in lists else 2 for field in Report.__struct_fields__
    }
    line = msgspec.convert(found, Report).line()

    assert set() == set(re.sub(r"\d+", "N", line).split(", ")) - set(LANGUAGES["en"].words)


def test_a_language_is_one_more_file(tmp_path: Path) -> None:
    for path in WORDS.glob("*.json"):
        shutil.copy(path, tmp_path)
    italian = (tmp_path / "fr.json").read_text().replace('"Retours"', '"Resi"')
    (tmp_path / "it.json").write_text(italian)

    added = read_languages(tmp_path)

    assert (sorted({*LANGUAGES, "it"}), "Resi") == (sorted(added), added["it"].words["Returns"])


def test_a_language_that_no_file_has_is_english() -> None:
    assert LANGUAGES["en"] == language("tlh")
