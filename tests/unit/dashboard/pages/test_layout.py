"""The page and the frame agree: every figure has its place and its feed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dashboard
from dashboard.dash_app import CONTROLS
from dashboard.pages import layout, live_page, operations_page
from dashboard.pages.addresses import View
from dashboard.pages.tiles import MORE_TILES, OPERATIONS_TILES, SOURCES, TILES
from dashboard.state import panels
from dashboard.state.archive_state import ARCHIVE
from dashboard.state.feed_states import FEEDS
from dashboard.state.model import Model
from tests.support.snapshots import ZONE, delay, rate, tills
from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable

NO_NAMES = StoreTable(BusinessDay(ZoneInfo(ZONE)), {})
ASSETS = Path(dashboard.__file__).parent / "assets"


def components(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for branch in tree:
            yield from components(branch)
    elif isinstance(tree, dict) and "props" in tree:
        yield tree["props"]
        yield from components(tree["props"].get("children"))


def ids(*parts: Any) -> dict[str, dict[str, Any]]:
    tree = json.loads(json.dumps(parts, default=lambda part: part.to_plotly_json()))
    return {props["id"]: props for props in components(tree) if "id" in props}


def elements() -> dict[str, dict[str, Any]]:
    return ids(live_page.page(), operations_page.page(), layout.header("live", View(), NO_NAMES))


def test_every_value_of_a_frame_has_a_tile() -> None:
    frame = Model(BusinessDay(ZoneInfo(ZONE)), 0.0).frame(1, 0.0, whole=True)

    assert set(frame.values) <= {tile.id for tile in TILES + MORE_TILES + OPERATIONS_TILES}


def test_every_figure_waits_at_first_and_names_its_feed() -> None:
    page = elements()
    every = TILES + MORE_TILES

    actual = {tile.id: (page[tile.id]["data-state"], page[tile.id]["data-feed"]) for tile in every}

    assert {tile.id: ("waiting", tile.feed) for tile in every} == actual


def test_every_counter_has_a_tile_on_the_operations_page() -> None:
    counters = panels.counters(rate(1.0), delay(1.0), tills(1.0))["counters"]
    frame = Model(BusinessDay(ZoneInfo(ZONE)), 0.0).frame(1, 0.0, whole=True)
    tiles = {tile.id for tile in OPERATIONS_TILES}

    assert tiles == {row[0] for row in counters} | (set(frame.values) & tiles)


def test_every_feed_has_a_line_on_the_operations_page() -> None:
    assert (
        {*FEEDS, ARCHIVE}
        == set(SOURCES)
        == {*FEEDS, ARCHIVE} & {name.removeprefix("feed-") for name in elements()}
    )


def test_every_table_that_is_drawn_has_its_place() -> None:
    script = (ASSETS / "25-panels.js").read_text()
    drawn = set(re.findall(r"^    (\w+): \(", script, re.MULTILINE))
    page = elements()

    assert drawn
    assert set() == {name for name in drawn if f"{name}-rows" not in page}


def test_what_tells_of_the_system_itself_stands_on_the_operations_page_alone() -> None:
    business = {tile.id for tile in TILES + MORE_TILES}
    of_the_system = {tile.id for tile in OPERATIONS_TILES} - {"receipts-per-minute"}
    live = set(ids(live_page.page()))
    told = {*of_the_system, "silent", "gaps", "delay-plot", *(f"feed-{feed}" for feed in SOURCES)}

    assert set() == business & of_the_system
    assert set() == told & live
    assert set() == told - set(ids(operations_page.page()))


def test_no_element_of_a_page_has_an_id_of_the_document() -> None:
    of_the_document = set(re.findall(r'id="([\w-]+)"', layout.INDEX))

    assert of_the_document
    assert set() == of_the_document & set(elements())


def test_nothing_is_fetched_from_elsewhere() -> None:
    ours = [path.read_text() for path in ASSETS.iterdir() if path.suffix in (".js", ".css")]
    page = layout.INDEX + "".join(text for text in ours if "plotly.js (basic" not in text)

    addresses = set(re.findall(r"https?://[^\"'` )]+", page)) - {"http://www.w3.org/2000/svg"}

    assert set() == addresses


def test_what_the_controls_call_is_in_the_assets() -> None:
    scripts = "".join(path.read_text() for path in ASSETS.glob("[1-9]*.js"))

    assert [] == [one.function for one in CONTROLS if f"{one.function}:" not in scripts]
