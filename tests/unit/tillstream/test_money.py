"""Money is exact to the cent."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillstream.money import decimal_text, milli_units, minor_units


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (6, 600),
        (5.90, 590),
        (5.720000000000001, 572),
        (1.005, 100),
        (1.015, 102),
        (0.125, 12),
        (-0.125, -12),
        (0.1 + 0.2, 30),
        (-6, -600),
        (999_999_999.99, 99_999_999_999),
    ],
)
def test_an_amount_is_rounded_half_even_on_its_decimal_text(amount: float, cents: int) -> None:
    actual = minor_units(amount)

    assert cents == actual


@given(st.integers(-(10**11), 10**11))
def test_cents_survive_the_way_through_a_float(cents: int) -> None:
    actual = minor_units(cents / 100)

    assert cents == actual


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_rounding_agrees_with_decimal_on_every_float(amount: float) -> None:
    expected = int((Decimal(repr(amount)) * 100).to_integral_value(ROUND_HALF_EVEN))

    actual = minor_units(amount)

    assert expected == actual


@pytest.mark.parametrize(
    ("amount", "exponent", "minor", "text"),
    [
        (1190, 0, 1190, "1190"),
        (0.5, 0, 0, "0"),
        (1.5, 0, 2, "2"),
        (-2.5, 0, -2, "-2"),
        (10_000_000, 0, 10_000_000, "10000000"),
        (1.0005, 3, 1000, "1.000"),
        (1.0015, 3, 1002, "1.002"),
        (-0.005, 3, -5, "-0.005"),
        (1_000_000, 3, 1_000_000_000, "1000000.000"),
        (0.1 + 0.2, 3, 300, "0.300"),
    ],
)
def test_an_amount_is_rounded_to_the_minor_unit_of_its_currency(
    amount: float, exponent: int, minor: int, text: str
) -> None:
    actual = minor_units(amount, exponent)

    assert (minor, text) == (actual, decimal_text(actual, exponent))


def test_six_and_five_ninety_are_eleven_ninety() -> None:
    actual = decimal_text(minor_units(6) + minor_units(5.90))

    assert "11.90" == actual


@given(st.integers(-(10**15), 10**15))
def test_decimal_text_is_the_exact_amount(cents: int) -> None:
    actual = Decimal(decimal_text(cents)) * 100

    assert Decimal(cents) == actual


def test_quantities_are_kept_in_thousandths() -> None:
    actual = [milli_units(quantity) for quantity in (2, 0.25, -1, 0.3335)]

    assert [2000, 250, -1000, 334] == actual
