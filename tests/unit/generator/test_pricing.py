"""Laws of the catalogue and of the lines: exact cents, French VAT."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.catalogue import CATEGORIES, PRODUCTS, Product, vat_rate
from generator.pricing import euros, half_even, priced_line, reversed_line
from tillstream.money import milli_units, minor_units
from tillstream.receipt import Line

products = st.sampled_from(PRODUCTS)
pieces = st.integers(-20, 20).filter(bool).map(lambda n: n * 1000)


def of_code(number: int) -> Product:
    return next(product for product in PRODUCTS if product.code == f"{number:08d}")


@given(st.integers(-(10**9), 10**9), st.sampled_from([2, 1000, 1055, 1100]))
def test_half_even_rounds_as_decimal_does(numerator: int, denominator: int) -> None:
    expected = int((Decimal(numerator) / denominator).to_integral_value(ROUND_HALF_EVEN))

    assert expected == half_even(numerator, denominator)


@given(st.integers(-(10**9), 10**9))
def test_euros_say_exactly_the_cents(minor: int) -> None:
    assert minor == minor_units(euros(minor))


@given(products, pieces, st.booleans())
def test_a_line_adds_up(product: Product, quantity: int, eat_in: bool) -> None:
    wire = priced_line(product, quantity, eat_in, 1).wire
    net = milli_units(wire.quantity) * minor_units(wire.unit_price)
    tax = Decimal(minor_units(wire.credit_amount)) * Decimal(str(wire.tax_percentage)) / 100
    gross = minor_units(wire.credit_amount) + int(tax.to_integral_value(ROUND_HALF_EVEN))

    assert (net, gross) == (
        minor_units(wire.credit_amount) * 1000,
        minor_units(wire.settlement_amount),
    )


@given(products, pieces, st.booleans())
def test_the_figures_of_a_line_are_those_it_sends(
    product: Product, quantity: int, eat_in: bool
) -> None:
    line = priced_line(product, quantity, eat_in, 3)
    expected = Line(
        line_number=3,
        product_code=product.code,
        product_description=product.description,
        product_category_code=product.category_code,
        product_category_name=CATEGORIES[product.category_code],
        quantity=line.quantity_milli / 1000,
        unit_of_measure=product.unit,
        unit_price=line.net / line.quantity_milli * 10,
        credit_amount=line.net / 100,
        tax_percentage=vat_rate(product, eat_in) / 10,
        settlement_amount=(line.net + line.tax) / 100,
    )
    same = {name: getattr(expected, name) for name in Line.__struct_fields__}
    same["unit_price"] = pytest.approx(expected.unit_price)

    assert same == {name: getattr(line.wire, name) for name in Line.__struct_fields__}


@given(products, pieces, st.booleans())
def test_a_reversed_line_takes_everything_back(
    product: Product, quantity: int, eat_in: bool
) -> None:
    line = priced_line(product, quantity, eat_in, 1)
    back = reversed_line(line, 2)

    assert (0, 0, 0, 0) == (
        line.net + back.net,
        line.tax + back.tax,
        line.gross + back.gross,
        line.quantity_milli + back.quantity_milli,
    )


@given(
    st.sampled_from([product for product in PRODUCTS if product.unit == "kg"]), st.integers(1, 40)
)
def test_what_is_sold_by_weight_is_whole_cents_every_50_grams(product: Product, n: int) -> None:
    line = priced_line(product, 50 * n, eat_in=False, number=1)

    assert line.net * 1000 == 50 * n * minor_units(line.wire.unit_price)


def test_one_piece_to_take_away_costs_its_shelf_price() -> None:
    expected = {product.code: product.price for product in PRODUCTS}

    assert expected == {
        product.code: priced_line(product, 1000, eat_in=False, number=1).gross
        for product in PRODUCTS
    }


def test_the_catalogue_has_all_nine_categories_and_no_code_twice() -> None:
    codes = {product.code for product in PRODUCTS}

    assert (set("ABCDEFGHI"), len(PRODUCTS)) == (
        {product.category_code for product in PRODUCTS},
        len(codes),
    )
    assert {8} == {len(code) for code in codes if code.isdecimal()}


@pytest.mark.parametrize(
    ("number", "eat_in", "rate"),
    [
        (401, False, 55),  # croissant to take away: not for immediate consumption
        (401, True, 100),  # the same one at a table of the shop
        (501, False, 55),  # baguette
        (801, False, 55),  # chocolate in pastry is pastry
        (106, False, 55),  # water in a closed bottle keeps
        (101, False, 100),  # coffee in a cup does not
        (301, False, 100),  # sandwich
        (604, False, 100),  # sold hot
        (704, False, 100),  # pizza
        (201, False, 100),  # a menu at one price bears the highest rate in it
        (901, False, 200),  # confectionery
        (904, False, 200),  # milk chocolate in a bar
        (905, False, 55),  # dark chocolate
        (907, False, 55),  # chocolates of a mouthful
        (110, False, 200),  # alcohol
        (110, True, 200),  # alcohol, wherever it is drunk
        (901, True, 100),  # all other food is a restaurant's at a table
    ],
)
def test_vat_is_that_of_the_french_code(number: int, eat_in: bool, rate: int) -> None:
    assert rate == vat_rate(of_code(number), eat_in)
