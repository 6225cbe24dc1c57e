"""A generated day of a vendor: told whole, in versions, and summed plainly."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from loadtest.receivers.expected import documents, postings
from loadtest.receivers.history import day
from loadtest.receivers.order import sendings
from loadtest.receivers.plain_sum import Key, differences, plain_sum
from loadtest.receivers.registry import VENDORS
from loadtest.receivers.sales import EXPONENTS, amounts, to_pay

PARIS = ZoneInfo("Europe/Paris")
DATE = datetime(2026, 11, 21, tzinfo=PARIS)


@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize("rate", [0, 550, 800, 1000, 2000])
def test_net_and_tax_are_the_gross(rate: int, included: bool) -> None:
    for paid in range(0, 2_000, 7):
        money = amounts(paid, rate, included)

        assert money.net + money.tax == money.gross
        assert abs(money.gross * 10_000 - money.net * (10_000 + rate)) <= (10_000 + rate) // 2 + 1


@pytest.mark.parametrize("name", sorted(VENDORS))
@pytest.mark.parametrize("currency", sorted(EXPONENTS))
def test_postings_add_up_to_the_plain_sum_of_the_newest_versions(name: str, currency: str) -> None:
    known = VENDORS[name]
    sales = list(day(known.shape._replace(currency=currency), 200, DATE, seed=1))
    expected = sum(plain_sum([versions[-1] for versions in sales], PARIS).values())
    posted = sum(
        receipt["documentTotal"]["grossTotal"]
        for versions in sales
        for receipt in postings(known.profile, versions)
    )

    assert posted.scaleb(EXPONENTS[currency]) == expected


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_a_day_has_edits_returns_and_cancellations_and_its_tenders_add_up(name: str) -> None:
    sales = list(day(VENDORS[name].shape, 300, DATE, seed=2))
    every = [version for versions in sales for version in versions]

    assert any(version.cancelled for version in every)
    assert any(version.refunds for version in every)
    assert any(versions[-1].items != versions[0].items for versions in sales)
    assert all(sum(each.amount for each in sale.tenders) == to_pay(sale) for sale in every)


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_every_version_is_sent_and_some_come_twice_or_late(name: str) -> None:
    known = VENDORS[name]
    sales = list(day(known.shape, 300, DATE, seed=3))
    once = [
        request
        for versions in sales
        for version in versions
        for request in known.vendor.requests(version)
    ]
    sent = sendings(known.vendor, sales, random.Random(3))
    updates = [each.sale.updated for each in sent]

    assert {request.body for request in once} == {each.request.body for each in sent}
    assert len(sent) > len(once)
    assert updates != sorted(updates)


def test_a_test_order_and_a_cancelled_one_have_no_documents() -> None:
    known = VENDORS["shopify"]
    (versions,) = day(known.shape, 1, DATE, seed=4)

    assert documents(known.profile, versions[0]._replace(is_test=True)) == []
    assert documents(known.profile, versions[0]._replace(cancelled=True)) == []


def test_a_sum_that_differs_is_named_and_one_that_agrees_is_not() -> None:
    key, other = Key("2026-11-21", "17", "EUR"), Key("2026-11-21", "18", "JPY")

    told = differences({key: 420, other: 7}, {key: 420, other: 8})

    assert told == ["2026-11-21 store 18 JPY: expected 7, found 8, in minor units"]
