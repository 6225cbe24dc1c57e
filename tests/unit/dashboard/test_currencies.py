"""Amounts of each currency are written by its own minor units, alike by server and browser."""

import asyncio
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from dashboard.currency_views import CurrencyViews, NoCurrencyError, View
from dashboard.pages.formatting import Writer
from dashboard.state.model import Model
from dashboard.stream import Broadcaster
from dashboard.workbook import CellError, money_format
from tests.support import snapshots
from tests.support.scripts import evaluated
from tillstream.clock import BusinessDay
from tillstream.snapshots import CountSnapshot

PARIS = ZoneInfo(snapshots.ZONE)
NOW = 1_795_000_000.0
WRITTEN = [
    ("en-GB", "EUR", 123_456, "\u20ac1,234.56"),
    ("en-GB", "JPY", 34_500, "\u00a534,500"),
    ("en-GB", "JPY", -5, "-\u00a55"),
    ("en-GB", "KWD", 1_005, "KWD\u00a01.005"),
    ("en-GB", "KWD", -5, "-KWD\u00a00.005"),
    ("en-GB", "USD", 5, "$0.05"),
    ("fr-FR", "EUR", 123_456, "1\u202f234,56\u00a0\u20ac"),
    ("fr-FR", "JPY", 34_500, "34\u202f500\u00a0\u00a5"),
    ("fr-FR", "KWD", -1_234_567, "-1\u202f234,567\u00a0KWD"),
    ("fr-FR", "USD", 500, "5,00\u00a0$US"),
]


@pytest.mark.parametrize(("tag", "currency", "minor", "written"), WRITTEN)
def test_server_and_browser_write_an_amount_alike(
    tag: str, currency: str, minor: int, written: str
) -> None:
    in_browser = evaluated(f"t.format.minor({minor})", tag=tag, currency=currency)

    assert written == in_browser
    assert written == Writer(tag[:2], PARIS).money(minor, currency)


@pytest.mark.parametrize("tag", ["en-GB", "fr-FR"])
@pytest.mark.parametrize(("currency", "exact"), [("JPY", "34500"), ("KWD", "1.005")])
def test_an_amount_is_saved_exactly_in_every_currency(tag: str, currency: str, exact: str) -> None:
    expression = f"t.typed(t.format.money('{exact}'))"

    assert ["money", exact] == evaluated(expression, "41-csv.js", tag=tag, currency=currency)


@pytest.mark.parametrize(
    ("total", "number", "mean"), [(5, 2, "2"), (7, 2, "4"), (-7, 2, "-4"), (10, 4, "2")]
)
def test_a_mean_is_rounded_half_even_to_the_minor_unit(total: int, number: int, mean: str) -> None:
    assert mean == evaluated(f"t.meanAmount({total}, {number})", currency="JPY")


def test_a_workbook_has_the_digits_of_its_currency() -> None:
    formats = [money_format(each) for each in ("EUR", "JPY", "KWD")]

    assert formats == ['#,##0.00 "\u20ac"', '#,##0 "JPY"', '#,##0.000 "KWD"']
    with pytest.raises(CellError):
        money_format("EURO")


class _View(View):
    def __init__(self, currency: str) -> None:
        self.model = Model(BusinessDay(PARIS), NOW, currency=currency)

    def start(self) -> None:
        pass


def _views() -> tuple[CurrencyViews, Broadcaster]:
    views = CurrencyViews("EUR", _View, lambda code, model: broadcaster.add(code, model))
    broadcaster = Broadcaster(views.main_view.model, lambda: NOW, 10)
    return views, broadcaster


def _count(currency: str, minor: int, receipts: int, as_of: float) -> CountSnapshot:
    found = snapshots.count(as_of, minor, receipts, BusinessDay(PARIS).on(NOW).isoformat())
    return replace(found, currency=currency, sum=str(minor))


async def _first_frame(broadcaster: Broadcaster) -> dict[str, Any]:
    event = await anext(broadcaster.frames())
    found: dict[str, Any] = json.loads(event.split(b"data: ")[1])
    return found


def test_a_snapshot_is_of_its_currency_alone_and_the_others_are_named() -> None:
    views, broadcaster = _views()
    views.take(_count("EUR", 500, 3, NOW), NOW)
    views.take(_count("JPY", 34_500, 12, NOW), NOW)

    euros = views.of("").model.frame(1, NOW, whole=True)
    yen = views.of("JPY").model.frame(1, NOW, whole=True)

    assert ("500", "3") == (euros.values["revenue"], euros.values["receipts"])
    assert ("34500", "12") == (yen.values["revenue"], yen.values["receipts"])
    assert ["EUR", "JPY"] == views.currencies()
    assert [["JPY", 12, "34500"]] == asyncio.run(_first_frame(broadcaster))["others"]


def test_a_day_without_receipts_in_a_currency_is_zero_and_not_of_the_day_before() -> None:
    views, _ = _views()
    views.know(["KWD"])
    views.take(_count("EUR", 500, 3, NOW), NOW)

    nothing = views.of("KWD").model.frame(1, NOW, whole=True)
    views.take(_count("KWD", 7, 1, NOW), NOW)
    views.take(_count("EUR", 600, 4, NOW + 1), NOW + 1)
    first = views.of("KWD").model.frame(2, NOW + 1, whole=True)

    assert ("0.000", "0") == (nothing.values["revenue"], nothing.values["receipts"])
    assert ("7", "1") == (first.values["revenue"], first.values["receipts"])


def test_a_currency_that_nobody_sold_in_is_refused() -> None:
    views, _ = _views()

    with pytest.raises(NoCurrencyError):
        views.of("CHF")
