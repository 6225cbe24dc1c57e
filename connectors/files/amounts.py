"""Decimal amounts of files as integers, and the rounding of parts that have to keep their sum."""

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from connectors.files.import_errors import ImportFileError
from tillstream import currencies

#: Files have up to five decimals: amounts are read in hundred-thousandths of the currency's unit.
SCALE = 100_000
#: More digits are no amount: the contract's bound has eight before the point.
_is_number = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?|[+-]?\.[0-9]{1,10}").fullmatch


class AmountError(ValueError):
    """A text that is no amount."""


def reader(decimal_sign: str, grouping: str) -> Callable[[str], int]:
    """How to read a number of a file: `text -> hundred-thousandths`; an empty text is 0.

    What it gives raises AmountError. `grouping` stands before three digits each: where it does not,
    it is the decimals' sign of a till that writes otherwise, and 4.80 would be 480.
    """
    between = f", and {grouping!r} between groups of three digits" if grouping else ""
    is_grouped = re.compile(
        rf"[+-]?[0-9]{{1,3}}({re.escape(grouping)}[0-9]{{3}})+({re.escape(decimal_sign)}[0-9]*)?"
    ).fullmatch

    # Prices repeat: a look-up costs a tenth of the reading.
    @lru_cache(maxsize=65_536)
    def read(text: str) -> int:
        plain = text.strip()
        is_number = True
        if grouping and grouping in plain:
            is_number = is_grouped(plain) is not None
            plain = plain.replace(grouping, "")
        plain = plain.replace(decimal_sign, ".")
        if not plain:
            return 0
        if not is_number or _is_number(plain) is None:
            raise AmountError(
                f"{text[:40]!r} is no number with {decimal_sign!r} before its decimals{between}"
            )
        return int((Decimal(plain) * SCALE).to_integral_value(ROUND_HALF_EVEN))

    return read


@lru_cache(maxsize=65_536)
def rounded(scaled: int, exponent: int = 2) -> int:
    """Hundred-thousandths as minor units of a currency with `exponent` decimals, half-even."""
    unit = int(10 ** (5 - exponent))
    quotient, rest = divmod(scaled, unit)
    twice = rest * 2
    return quotient + (twice > unit or (twice == unit and quotient % 2 == 1))


def shares(parts: Sequence[int], total: int, exponent: int = 2) -> list[int]:
    """Parts in hundred-thousandths as minor units that add up to `total`, by largest remainder.

    `total` is the rounded sum of the parts or close to it; each part moves by few units at most.

    >>> shares([33_333, 33_333, 33_334], 100)
    [33, 33, 34]
    """
    unit = int(10 ** (5 - exponent))
    nearest = [rounded(part, exponent) for part in parts]
    missing = total - sum(nearest)
    if missing and parts:
        step = 1 if missing > 0 else -1
        # Those that rounding took most from, in the direction that is missing, come first.
        order = sorted(range(len(parts)), key=lambda at: step * (nearest[at] * unit - parts[at]))
        for turn in range(abs(missing)):
            nearest[order[turn % len(order)]] += step
    return nearest


def exponent_of(currency: str) -> int:
    """Decimals of a currency's amounts. Raises ImportFileError for an unknown code."""
    try:
        return currencies.exponent_of(currency)
    except ValueError as error:
        raise ImportFileError(f"the till's currency: {error}") from error
