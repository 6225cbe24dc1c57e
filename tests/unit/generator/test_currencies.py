"""Stores in another currency: believable prices there, exact sums of each, and euros as before."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from generator import arguments, chain, currencies
from generator.counters import MemoryCounters
from generator.issued_receipt import IssuedReceipt
from generator.receipts import Tills
from generator.summary import Summary
from loadtest.fuzz.reference import minor_units, scaled
from tests.unit.generator.test_trading import CALENDAR, PARIS

NOON = 1_795_863_600.0
SHARES = currencies.parse("JPY=0.3,KWD=0.2,CHF=0.2")


def printed(count: int, shares: tuple[currencies.CurrencyShare, ...]) -> list[IssuedReceipt]:
    tills = Tills(chain.build(1, 40, 2), MemoryCounters(), lambda: NOON, PARIS, 1, shares)
    return tills.issue_many(count)


def read(issued: IssuedReceipt) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(issued.body)
    return found


def test_a_store_sells_in_one_currency_and_each_of_them_is_there() -> None:
    by_store: dict[Any, set[str]] = {}
    for receipt in map(read, printed(3_000, SHARES)):
        by_store.setdefault(receipt["storeID"], set()).add(receipt.get("currency", "EUR"))

    assert all(len(each) == 1 for each in by_store.values())
    assert {"EUR", "JPY", "KWD", "CHF"} == set().union(*by_store.values())


def test_every_receipt_adds_up_to_the_minor_unit_of_its_currency() -> None:
    kinds = set()
    for issued in printed(5_000, SHARES):
        receipt = read(issued)
        code = receipt.get("currency", "EUR")
        kinds.add((code, receipt.get("transactionType", "sale")))
        scale, total = minor_units(code), receipt["documentTotal"]
        for amount in (total["netTotal"], total["taxPayable"], total["grossTotal"]):
            assert Decimal(str(amount)) * scale % 1 == 0
        net, tax, gross = (
            scaled(total[name], scale) for name in ("netTotal", "taxPayable", "grossTotal")
        )
        lines = receipt["lines"]
        assert net + tax == gross == sum(scaled(e["settlementAmount"], scale) for e in lines)
        assert net == sum(scaled(each["creditAmount"], scale) for each in lines)
        paid = sum(scaled(each["settlementAmount"], scale) for each in receipt["settlements"])
        assert (paid, code) == (gross, issued.sale.currency)
        assert (net, gross) == (issued.sale.net, issued.sale.gross)

    assert {("JPY", "return"), ("JPY", "void")} <= kinds


def test_euros_are_as_they_were_and_sums_never_cross_currencies() -> None:
    plain, mixed = printed(2_000, ()), printed(2_000, SHARES)
    euros = [each.body for each in mixed if each.sale.currency == "EUR"]
    summary = Summary(CALENDAR)
    summary.send(mixed)
    summary.answered(mixed, 202)
    found = summary.as_json()

    assert set(euros) <= {each.body for each in plain}
    assert 2_000 == found["counted"]
    assert found["accepted_gross_minor"] == sum(
        each.sale.gross for each in mixed if each.sale.currency == "EUR"
    )
    assert found["other_currencies"] == {
        code: {"count": len(of), "gross_minor": sum(each.sale.gross for each in of)}
        for code in ("CHF", "JPY", "KWD")
        for of in [[each for each in mixed if each.sale.currency == code]]
    }


@pytest.mark.parametrize("text", ["", "JPY", "XXX=0.1", "JPY=2", "JPY=-1", "JPY=0.1,JPY=0.1"])
def test_shares_that_do_not_hold_are_told(text: str) -> None:
    with pytest.raises(SystemExit):
        arguments.parse(["burst", "--currencies", text], "http://localhost:1")
