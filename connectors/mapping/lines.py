"""The lines of a receipt, computed in minor units by the rounding of docs/receivers.md."""

from decimal import Decimal
from typing import Any, NamedTuple

from connectors.mapping.amounts import Units, nearest
from connectors.mapping.documents import MappingError
from connectors.mapping.scope import Scope
from connectors.mapping.spreading import spread
from tillstream.bounds import IDENTIFIER_LENGTH
from tillstream.receivers.definition import DocumentMap, Lines

#: What a line has where nothing is found.
CATEGORY, UNIT = "Uncategorised", "piece"
_NAME_LENGTH, _CATEGORY_LENGTH, _CODE_LENGTH = 1_000, 200, IDENTIFIER_LENGTH
#: Decimals of a unit price, so that a quantity times it is the line's net to a hundredth of a cent.
_PRICE = Decimal("1e-9")
_RATE = Decimal("0.01")


class _Line(NamedTuple):
    scope: Scope
    lines: Lines
    quantity: Decimal
    #: After its own discounts, minor units: gross where the tax is included, else net.
    amount: int
    tax_included: bool


class LineSums(NamedTuple):
    """Lines as the contract has them, and what they add up to in minor units."""

    lines: list[dict[str, Any]]
    net: int
    gross: int


def computed_lines(scope: Scope, document: DocumentMap, units: Units, sign: int) -> LineSums:
    """The lines of a document, all amounts and quantities times `sign`; raises MappingError."""
    found = [
        _read(scope.inner(element), lines, units)
        for lines in document.lines
        for element in scope.elements(lines.each, lines.path)
    ]
    discounts = _order_discounts(scope, document, units, found)
    made: list[dict[str, Any]] = []
    net_sum = gross_sum = 0
    for number, (line, discount) in enumerate(zip(found, discounts, strict=True), 1):
        net, gross, rate = _taxed(line, line.amount - discount, units)
        net_sum += net
        gross_sum += gross
        made.append(_line(number, line, net, gross, rate, units, sign))
    return LineSums(made, sign * net_sum, sign * gross_sum)


def _read(scope: Scope, lines: Lines, units: Units) -> _Line:
    values = lines.values
    quantity = scope.number(values.get("quantity"))
    if quantity is None:
        quantity = Decimal(1)
    amount = scope.number(values.get("amount"))
    if amount is None:
        price = scope.number(values.get("price"))
        if price is None:
            raise MappingError(
                "missing", lines.path, "neither a price nor an amount", "mend the expression"
            )
        amount = price * quantity
    elif not quantity:
        # An amount without a quantity, as of a correction.
        quantity = Decimal(1)
    less = scope.number(values.get("discount")) or Decimal(0)
    return _Line(
        scope, lines, quantity, units.minor(amount - less), scope.flag(values.get("tax_included"))
    )


def _order_discounts(
    scope: Scope, document: DocumentMap, units: Units, lines: list[_Line]
) -> list[int]:
    value = document.values.get("order_discount")
    discount = units.minor(scope.number(value) or Decimal(0))
    takes = [line.amount if line.lines.takes_order_discount else 0 for line in lines]
    try:
        return spread(discount, takes)
    except ValueError as error:
        raise MappingError(
            "order-discount",
            value.path if value else document.path,
            f"{units.major(discount)}: {error}",
            "no line has an amount that takes it",
        ) from error


def _taxed(line: _Line, amount: int, units: Units) -> tuple[int, int, Decimal]:
    """Net, gross and the rate in percent."""
    values = line.lines.values
    rate = line.scope.number(values.get("tax_rate"))
    percent = None if rate is None else units.percent(rate)
    named = line.scope.number(values.get("tax"))
    if named is not None:
        tax = units.minor(named)
        net, gross = (amount - tax, amount) if line.tax_included else (amount, amount + tax)
        if percent is None:
            percent = (Decimal(100 * tax) / net).quantize(_RATE) if net else Decimal(0)
    else:
        percent = percent or Decimal(0)
        factor = 1 + percent / 100
        if line.tax_included:
            net, gross = nearest(amount / factor), amount
        else:
            net, gross = amount, nearest(amount * factor)
    return net, gross, percent


def _line(
    number: int, line: _Line, net: int, gross: int, rate: Decimal, units: Units, sign: int
) -> dict[str, Any]:
    values, scope = line.lines.values, line.scope
    name = scope.needed_cut(values["name"], _NAME_LENGTH)
    category = scope.cut(values.get("category"), _CATEGORY_LENGTH) or CATEGORY
    price = units.major(net) / line.quantity if line.quantity else Decimal(0)
    return {
        "lineNumber": number,
        "productCode": scope.cut(values.get("code"), _CODE_LENGTH) or name[:_CODE_LENGTH].rstrip(),
        "productDescription": name,
        "productCategoryCode": scope.cut(values.get("category_code"), _CODE_LENGTH)
        or category[:_CODE_LENGTH].rstrip(),
        "productCategoryName": category,
        "quantity": plain(sign * line.quantity),
        "unitOfMeasure": scope.cut(values.get("unit"), _NAME_LENGTH) or UNIT,
        "unitPrice": plain(price.quantize(_PRICE)),
        "creditAmount": units.major(sign * net),
        "taxPercentage": plain(rate),
        "settlementAmount": units.major(sign * gross),
    }


def plain(number: Decimal) -> Decimal:
    """Without zeros at its end, and without an exponent: 1.500 is 1.5, and 1E+2 is 100."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
