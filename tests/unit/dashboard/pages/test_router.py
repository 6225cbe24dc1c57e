"""Paths, and what the server writes on the pages of a store and a receipt."""

from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.pages.addresses import View, receipt_path, store_path, view
from dashboard.pages.formatting import Writer
from dashboard.pages.router import Place, place
from tests.support.snapshots import ZONE

ENGLISH, FRENCH = (Writer(language, ZoneInfo(ZONE)) for language in ("en", "fr"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", Place("live")),
        ("/operations", Place("operations")),
        ("/stores", Place("stores")),
        ("/online", Place("online")),
        ("/channels", Place("channels")),
        ("/days", Place("days")),
        ("/online/x", Place("nowhere")),
        ("/jobs", Place("jobs")),
        ("/alerts", Place("alerts")),
        ("/jobs/1", Place("nowhere")),
        ("/store/12", Place("store", "12")),
        ("/receipt/2026-11-21%2008:00:01/1/2/3", Place("receipt", "2026-11-21 08:00:01/1/2/3")),
        ("/receipt/a%252Fb/2/3/x", Place("receipt", "a%2Fb/2/3/x")),
        ("/store?id=12", Place("store", "12")),
        ("/store?id=..&window=1h", Place("store", "..")),
        ("/store?id=2%2B%262", Place("store", "2+&2")),
        ("/store?id=1&id=2", Place("doubled", "id")),
        ("/?window=1h&store=1&store=", Place("doubled", "store")),
        (
            "/receipt?key=2026-11-21%2008:00:01/Nord/../1",
            Place("receipt", "2026-11-21 08:00:01/Nord/../1"),
        ),
        ("/receipt?key=%FF", Place("receipt", "\ufffd")),
        ("/receipt?id=1", Place("nowhere")),
        ("/store?id=", Place("nowhere")),
        ("/store", Place("nowhere")),
        ("/replay/2026-11-20", Place("replay", "2026-11-20")),
        ("/replay", Place("replay")),
        ("/replay/2026-13-40", Place("nowhere")),
        ("/elsewhere", Place("nowhere")),
    ],
)
def test_a_path_leads_to_its_page(path: str, expected: Place) -> None:
    pathname, _, search = path.partition("?")

    assert expected == place(pathname, f"?{search}" if search else "")


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


def at(link: str) -> Place:
    """The page of a link, as a browser takes it apart."""
    parts = urlsplit(urljoin("http://dashboard/store", link))
    return place(parts.path, f"?{parts.query}")


@given(names)
@example("..")
@example(".")
@example("A/../B")
@example("a?b#c&d=e")
@example("100%")
@example("\n<script>'\"")
def test_every_receipt_and_store_has_a_link_of_its_own(key: str) -> None:
    actual = [at(receipt_path(key)), at(store_path(key)), at(store_path(key, "1h", key))]

    assert [Place("receipt", key), Place("store", key), Place("store", key)] == actual


@given(names, names)
def test_a_stores_link_keeps_its_window_and_category(store: str, category: str) -> None:
    link = urlsplit(store_path(store, "6h", category))

    assert View("6h", "", category) == view(f"?{link.query}")


def test_amounts_are_written_as_their_reader_writes_them() -> None:
    actual = [[write.money(minor) for minor in (123456, -5)] for write in (ENGLISH, FRENCH)]

    assert [["€1,234.56", "-€0.05"], ["1\u202f234,56\u00a0€", "-0,05\u00a0€"]] == actual


def test_times_are_of_the_stores_zone_and_say_so() -> None:
    moment = datetime(2026, 11, 21, 7, 0, 1, 250_000, UTC)

    actual = [write.moment(moment) for write in (ENGLISH, FRENCH)]

    assert ["2026-11-21 08:00:01.250 CET", "21/11/2026 08:00:01.250 CET"] == actual
