"""What the rows of a position say: read once for each text, as the same articles sell all day."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from connectors.files.amounts import rounded
from connectors.files.dsfinvk.business_cases import TOGETHER, counter_tender
from connectors.files.dsfinvk.rows import Row
from connectors.files.import_errors import RefusedReceiptError

#: Longest texts of the contract.
CATEGORY, CODE, TEXT = 200, 64, 1000
#: Positions that are remembered: 2 KB each.
REMEMBERED = 16_384


class Position(NamedTuple):
    """A position with one VAT key. Amounts in hundred-thousandths, and in minor units."""

    #: The counter-tender that it is; None for a line of the receipt.
    tender: str | None
    #: The business case of the closing's sums, and the VAT key.
    case: str
    key: str
    gross: int
    net: int
    gross_minor: int
    net_minor: int
    #: The line, where it is one: shared by receipts, so it is not to be changed.
    line: dict[str, Any]


#: (cells of lines.csv from POS_ZEILE on, of lines_vat.csv from UST_SCHLUESSEL on, rate or None,
#: exponent) -> the position.
Read = Callable[[Row, Row, float | None, int], Position]


def reader(amount: Callable[[str], int]) -> Read:
    """Reads positions by an export's form of numbers.

    What it gives raises AmountError and RefusedReceiptError.
    """

    @lru_cache(REMEMBERED)
    def read(cells: Row, tax: Row, rate: float | None, exponent: int) -> Position:
        place, case, agency = cells[0], cells[1], cells[3].strip()
        key, gross, net = tax[0], amount(tax[1]), amount(tax[2])
        try:
            tender = counter_tender(case, agency, key)
        except KeyError:
            raise RefusedReceiptError(
                f"position {place}: GV_TYP {case!r} is none of annex C"
            ) from None
        gross_minor, net_minor = rounded(gross, exponent), rounded(net, exponent)
        line: dict[str, Any] = {}
        if tender is None:
            if rate is None:
                raise RefusedReceiptError(f"vat.csv has no UST_SCHLUESSEL {key} for this closing")
            line = _line(cells, rate, amount) | amounts_of(
                amount(cells[9]), net_minor, gross_minor, exponent
            )
        return Position(
            tender, TOGETHER.get(case, case), key, gross, net, gross_minor, net_minor, line
        )

    return read


def sold_once(places: Sequence[str], found: Sequence[Position], exponent: int) -> list[Position]:
    """Of a position with several VAT keys, each has a part of the quantity, by its gross.

    A menu of one is one, whatever its rates. `places`: POS_ZEILE of each of `found`, those of one
    position together.
    """
    made = list(found)
    for _, group in groupby(range(len(made)), lambda at: places[at]):
        rows = list(group)
        gross = sum(made[at].gross for at in rows)
        if len(rows) == 1 or any(made[at].gross * gross <= 0 or not made[at].line for at in rows):
            continue
        whole, so_far, given = round(made[rows[0]].line["quantity"] * 100_000), 0, 0
        for at in rows:
            one = made[at]
            so_far += one.gross
            part = whole * so_far // gross - given
            given += part
            line = one.line | amounts_of(part, one.net_minor, one.gross_minor, exponent)
            made[at] = one._replace(line=line | {"quantity": part / 100_000 or 1.0})
    return made


def amounts_of(quantity: int, net: int, gross: int, exponent: int) -> dict[str, float]:
    """The amounts of a line, of minor units; `quantity` in hundred-thousandths."""
    unit = int(10**exponent)
    count = quantity / 100_000 or 1.0
    decimal = net / unit
    return {
        "unitPrice": decimal if count == 1 else round(decimal / count, 6),
        "creditAmount": decimal,
        "settlementAmount": gross / unit,
    }


def _line(cells: Row, rate: float, amount: Callable[[str], int]) -> dict[str, Any]:
    place, case, case_name, _, code, gtin, group, group_name, text, quantity, unit = cells
    category = group_name.strip() or case_name.strip() or case
    return {
        "lineNumber": int(place) if place.isdecimal() and len(place) < 10 else 0,
        "productCode": code.strip()[:CODE] or gtin.strip()[:CODE] or case,
        "productDescription": text[:TEXT],
        "productCategoryCode": group.strip()[:CODE] or category[:CODE].strip(),
        "productCategoryName": category[:CATEGORY],
        "quantity": amount(quantity) / 100_000 or 1.0,
        "unitOfMeasure": unit,
        "taxPercentage": rate,
    }
