"""Paths, and what the server writes on the pages of a store and a receipt."""

from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages import Place, place
from dashboard.views import receipt_path, store_path
from dashboard.written import Writer
from tests.snapshots import ZONE

ENGLISH, FRENCH = (Writer(language, ZoneInfo(ZONE)) for language in ("en", "fr"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", Place("live")),
        ("/operations", Place("operations")),
        ("/store/12", Place("store", "12")),
        ("/receipt/1/2/3/2026-11-21%2008:00:01", Place("receipt", "1/2/3/2026-11-21 08:00:01")),
        ("/receipt/a%252Fb/2/3/x", Place("receipt", "a%2Fb/2/3/x")),
        ("/store", Place("nowhere")),
        ("/replay/2026-11-20", Place("replay", "2026-11-20")),
        ("/replay", Place("replay")),
        ("/replay/2026-13-40", Place("nowhere")),
        ("/elsewhere", Place("nowhere")),
    ],
)
def test_a_path_leads_to_its_page(path: str, expected: Place) -> None:
    assert expected == place(path)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(names.filter(lambda key: key == key.strip("/")))
def test_every_receipt_and_store_has_a_path_of_its_own(key: str) -> None:
    paths = [urlsplit(path).path for path in (receipt_path(key), store_path(key))]

    assert [Place("receipt", key), Place("store", key)] == [place(path) for path in paths]


def test_amounts_are_written_as_their_reader_writes_them() -> None:
    actual = [[write.money(minor) for minor in (123456, -5)] for write in (ENGLISH, FRENCH)]

    assert [["€1,234.56", "-€0.05"], ["1\u202f234,56\u00a0€", "-0,05\u00a0€"]] == actual


def test_times_are_of_the_stores_zone_and_say_so() -> None:
    moment = datetime(2026, 11, 21, 7, 0, 1, 250_000, UTC)

    actual = [write.moment(moment) for write in (ENGLISH, FRENCH)]

    assert ["2026-11-21 08:00:01.250 CET", "21/11/2026 08:00:01.250 CET"] == actual
