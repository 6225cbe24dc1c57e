"""Spreads an amount over lines by largest remainder, so that no minor unit is lost."""

from collections.abc import Sequence


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Shares of `amount` in proportion to the weights, which add up to it exactly.

    Each share is the proportional one rounded down; the units that are left go to the largest
    remainders, the first of equal ones. A negative weight has no share. Raises ValueError where
    no weight is positive.

    >>> spread(100, [1, 1, 1]), spread(-5, [3, 1])
    ([34, 33, 33], [-4, -1])
    """
    parts = [max(weight, 0) for weight in weights]
    whole = sum(parts)
    if not amount:
        return [0] * len(parts)
    if not whole:
        raise ValueError("there is nothing to spread it over")
    size = abs(amount)
    shares = [size * part // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: -(size * parts[place] % whole))
    for place in by_remainder[: size - sum(shares)]:
        shares[place] += 1
    return shares if amount > 0 else [-share for share in shares]
