"""Every figure of a page says what it means, and nothing is defined that no page shows."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from dash import html

from dashboard.pages import (
    channels_page,
    days_page,
    live_page,
    online_page,
    operations_page,
    parts,
    products_page,
    replay_page,
    store_page,
    stores_page,
)
from dashboard.pages.definitions import COLUMNS, DEFINITIONS
from tillstream.stores import Store

PAGES: tuple[Callable[[], Any], ...] = (
    live_page.page,
    lambda: store_page.page(Store("7")),
    channels_page.page,
    days_page.page,
    online_page.page,
    operations_page.page,
    products_page.page,
    lambda: replay_page.page(date(2026, 11, 20)),
    stores_page.page,
)
#: Of the page of a window, which needs a definition of one.
EXPLORE = {"Events", "Late events", "Set aside", "Too old"}


def within(part: Any) -> Iterator[Any]:
    """The part and all parts in it."""
    yield part
    children = getattr(part, "children", None)
    for each in children if isinstance(children, list | tuple) else [children]:
        if each is not None:
            yield from within(each)


def test_what_is_defined_is_shown_and_each_figure_has_one_definition() -> None:
    bodies = [
        list(within(each))
        for page in PAGES
        for each in within(page())
        if "tile-body" in (getattr(each, "className", None) or "")
    ]
    shown = [[each.children for each in body if isinstance(each, html.P)] for body in bodies]

    assert {1} == {len(sentences) for sentences in shown}
    assert {sentence for (sentence,) in shown} == {
        sentence for label, sentence in DEFINITIONS.items() if label not in EXPLORE
    }


def test_a_figure_that_nobody_defined_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="Luck"):
        parts.still_tile("luck", "Luck", "count")


def test_the_columns_of_a_table_are_defined_at_its_head_and_not_in_it() -> None:
    tables = [part for page in PAGES for part in within(page()) if isinstance(part, html.Table)]
    listed = [part for page in PAGES for part in within(page()) if isinstance(part, html.Dl)]
    defined = {part.children for each in listed for part in each.children[1::2]}

    assert set(COLUMNS.values()) == defined
    assert not [part for each in tables for part in within(each) if isinstance(part, html.Details)]
