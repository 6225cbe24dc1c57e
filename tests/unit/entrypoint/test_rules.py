"""Arithmetic at the door: each rule is broken alone, noise and returns break none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoint.validation import validate
from tests.support.receipts import encoded, line, receipt
from tillstream.receipt_rules import RULES, Broken, broken_rules


def taxed_line(**changes: Any) -> dict[str, Any]:
    """2 x 1.25 net, 5.5% tax: 2.50 net, 2.64 gross."""
    fields = line() | {
        "quantity": 2,
        "unitPrice": 1.25,
        "creditAmount": 2.5,
        "taxPercentage": 5.5,
        "settlementAmount": 2.64,
    }
    return fields | changes


def sound(**changes: Any) -> dict[str, Any]:
    fields = receipt(
        lines=[taxed_line()],
        documentTotal={"netTotal": 2.5, "taxPayable": 0.14, "grossTotal": 2.64},
        settlements=[
            {"paymentMechanism": "CB", "settlementAmount": 2},
            {"paymentMechanism": "Especes", "settlementAmount": 0.64},
        ],
    )
    return fields | changes


def broken(fields: dict[str, Any]) -> list[Broken]:
    valid = validate(encoded(fields))
    return broken_rules(valid.receipt.document_total, valid.lines, valid.tenders, valid.exponent)


def one_line(net: float, gross: float, paid: float) -> dict[str, Any]:
    """2 of half the net, with 10% tax."""
    amounts = {"unitPrice": net / 2, "creditAmount": net, "settlementAmount": gross}
    return receipt(
        lines=[taxed_line(taxPercentage=10, **amounts)],
        documentTotal={"netTotal": net, "taxPayable": gross - net, "grossTotal": gross},
        settlements=[{"paymentMechanism": "cash", "settlementAmount": paid}],
    )


@pytest.mark.parametrize(
    ("currency", "amounts", "expected"),
    [
        ("JPY", (105, 116, 116), []),
        ("JPY", (105, 116, 117), ["the tenders add up to 117, not 116"]),
        # The same texts in euros are not to the cent.
        ("EUR", (105, 116, 116), ["105 with 10% tax is not 116"]),
        ("KWD", (1.235, 1.359, 1.359), []),
        ("KWD", (1.235, 1.359, 1.36), ["the tenders add up to 1.360, not 1.359"]),
        ("EUR", (1.235, 1.359, 1.36), []),
    ],
)
def test_arithmetic_is_by_the_minor_unit_of_the_receipts_currency(
    currency: str, amounts: tuple[float, float, float], expected: list[str]
) -> None:
    actual = [found for _, _, found in broken(one_line(*amounts) | {"currency": currency})]

    assert expected == actual


def rules_of(fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [(rule, path) for rule, path, _ in broken(fields)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (
            {"lines": [taxed_line(unitPrice=1.26)]},
            [("line-net", "$.lines[0].creditAmount")],
        ),
        (
            {"lines": [taxed_line(taxPercentage=10)]},
            [("line-gross", "$.lines[0].settlementAmount")],
        ),
        (
            {
                "lines": [taxed_line(), taxed_line()],
                "documentTotal": {"netTotal": 4.99, "taxPayable": 0.28, "grossTotal": 5.27},
                "settlements": [{"paymentMechanism": "CB", "settlementAmount": 5.27}],
            },
            [
                ("sum-net", "$.documentTotal.netTotal"),
                ("sum-gross", "$.documentTotal.grossTotal"),
            ],
        ),
        (
            {"documentTotal": {"netTotal": 2.5, "taxPayable": 0.15, "grossTotal": 2.64}},
            [("total-gross", "$.documentTotal.grossTotal")],
        ),
        ({"settlements": []}, [("tenders", "$.settlements")]),
    ],
)
def test_each_rule_is_named_when_it_is_broken(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    actual = rules_of(sound(**changes))

    assert expected == actual


def lines_at_seven_percent(*amounts: tuple[float, float]) -> dict[str, Any]:
    """A receipt with a line for each net and gross."""
    net, gross = (round(sum(each), 2) for each in zip(*amounts, strict=True))
    lines = [
        line()
        | {"quantity": 1, "unitPrice": n, "creditAmount": n, "settlementAmount": g}
        | {"taxPercentage": 7}
        for n, g in amounts
    ]
    return receipt(
        lines=lines,
        documentTotal={
            "netTotal": net, "taxPayable": round(gross - net, 2), "grossTotal": gross
        },
        settlements=[{"paymentMechanism": "CB", "settlementAmount": gross}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        # 0.08 without 7 % is 0.0748, and 0.07 with it 0.0749: no net of whole cents gives 0.08.
        ([(1.96, 2.10)], []),
        ([(0.07, 0.08)], []),
        # Twice 0.45 is 0.8411 without tax: one of them has the cent less or more.
        ([(0.42, 0.45), (0.42, 0.45), (0.42, 0.45), (0.42, 0.45)], []),
        ([(0.61, 0.65), (0.60, 0.65)], []),
        # Alone, and where the sum is a cent off too, it is a fault.
        ([(0.60, 0.65)], [0]),
        ([(0.61, 0.65), (0.60, 0.65), (0.60, 0.65)], [1, 2]),
        # A whole unit is never a share, whatever else there is.
        ([(0.63, 0.65), (0.58, 0.65)], [0, 1]),
    ],
)
def test_a_tills_rounding_is_no_fault_and_a_fault_is_no_rounding(
    amounts: list[tuple[float, float]], expected: list[int]
) -> None:
    actual = rules_of(lines_at_seven_percent(*amounts))

    assert [("line-gross", f"$.lines[{at}].settlementAmount") for at in expected] == actual


def test_the_float_noise_of_a_till_breaks_no_rule() -> None:
    noisy = sound(
        documentTotal={
            "netTotal": 2.5000000000000004,
            "taxPayable": 0.13999999999999968,
            "grossTotal": 2.640000000000001,
        }
    )

    assert [] == rules_of(noisy)


def test_a_return_is_negative_and_sound() -> None:
    returned = sound(
        lines=[taxed_line(quantity=-2, creditAmount=-2.5, settlementAmount=-2.64)],
        documentTotal={"netTotal": -2.5, "taxPayable": -0.14, "grossTotal": -2.64},
        settlements=[{"paymentMechanism": "CB", "settlementAmount": -2.64}],
    )

    assert [] == rules_of(returned)


@given(
    quantity=st.integers(-50, 50).filter(bool),
    unit_cents=st.integers(1, 100_000),
    rate=st.sampled_from([0, 2.1, 5.5, 10, 20]),
)
def test_arithmetic_in_whole_cents_is_always_sound(
    quantity: int, unit_cents: int, rate: float
) -> None:
    net = quantity * unit_cents
    tax = round(net * round(rate * 10) / 1000)
    amounts = {"creditAmount": net / 100, "settlementAmount": (net + tax) / 100}
    one = taxed_line(quantity=quantity, unitPrice=unit_cents / 100, taxPercentage=rate, **amounts)
    fields = sound(
        lines=[one],
        documentTotal={
            "netTotal": net / 100,
            "taxPayable": tax / 100,
            "grossTotal": (net + tax) / 100,
        },
        settlements=[{"paymentMechanism": "CB", "settlementAmount": (net + tax) / 100}],
    )

    assert [] == rules_of(fields)


def test_every_rule_has_its_words() -> None:
    fields = sound(
        lines=[taxed_line(quantity=3, taxPercentage=20)],
        documentTotal={"netTotal": 1, "taxPayable": 1, "grossTotal": 1},
        settlements=[],
    )

    assert set(RULES) == {rule for rule, _, _ in broken(fields)}
