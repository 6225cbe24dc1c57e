"""The credits of touches: in each model they add up to exactly 1,000,000 for a conversion.

A touch has its weight's share. What whole numbers leave over goes to the touches with the largest
remainders, of equal ones to the earlier touch.

| model | weights |
|---|---|
| first_touch, last_touch | that touch alone |
| last_non_direct | the last touch that is not direct; where all are, the last |
| linear | all the same |
| time_decay | half for each quarter of the window that the touch was before the conversion |
| position_based | 40% the first, 40% the last, 20% all others together; of two half each |
"""

import numpy as np
import numpy.typing as npt

from events.attribution.codes import Numbers
from tillstream.streams.changes import MODELS, WHOLE_CREDIT

_ENDS, _MIDDLE = WHOLE_CREDIT * 2 // 5, WHOLE_CREDIT // 5
#: Half-lives in the window, and bits of the fraction of one.
_HALF_LIVES, _BITS = 4, 24
_TABLE_BITS = _BITS // 2
_STEPS = np.arange(1 << _TABLE_BITS)
# 2 to the power of minus a fraction, of 30 bits: the product of two is a weight of 60, and no
# machine's own power function decides a credit.
_COARSE = np.rint(2.0 ** (30 - _STEPS / (1 << _TABLE_BITS))).astype(np.int64)
_FINE = np.rint(2.0 ** (30 - _STEPS / (1 << _BITS))).astype(np.int64)
#: A touch at the time of the conversion weighs 2 to this power: times 1,000,000 it has 64 bits.
_WEIGHT_BITS = 40


def credit_touches(
    before_us: Numbers, is_direct: npt.NDArray[np.bool_], counts: Numbers, window_us: int
) -> Numbers:
    """The credits in each of MODELS, a row a model, a column a touch.

    The touches are in their order, those of a conversion together; `counts` tells how many each
    conversion has, at least one. `before_us`: how long before its conversion each was.
    """
    begins = np.cumsum(counts) - counts
    total = np.repeat(counts, counts)
    place = np.arange(len(before_us)) - np.repeat(begins, counts)
    last = total - 1
    candidate = np.maximum.reduceat(np.where(is_direct, -1, place), begins)
    non_direct = np.repeat(np.where(candidate < 0, counts - 1, candidate), counts)
    of_model = {
        "first_touch": np.where(place == 0, WHOLE_CREDIT, 0),
        "last_touch": np.where(place == last, WHOLE_CREDIT, 0),
        "last_non_direct": np.where(place == non_direct, WHOLE_CREDIT, 0),
        "linear": _equal_shares(WHOLE_CREDIT, total, place),
        "time_decay": _largest_remainder(weigh(before_us, window_us), counts, begins),
        "position_based": np.where(
            total <= 2,
            _equal_shares(WHOLE_CREDIT, total, place),
            np.where(
                (place == 0) | (place == last),
                _ENDS,
                _equal_shares(_MIDDLE, np.maximum(total - 2, 1), place - 1),
            ),
        ),
    }
    return np.stack([of_model[model] for model in MODELS])


def weigh(before_us: Numbers, window_us: int) -> Numbers:
    """The weights of time_decay: 2 to the power of 40 less the half-lives before the conversion.

    The half-lives are cut to 24 bits of fraction. Equal on every machine.
    """
    lives = (before_us / window_us * (_HALF_LIVES << _BITS)).astype(np.int64)
    coarse = (lives >> _TABLE_BITS) & ((1 << _TABLE_BITS) - 1)
    fine = lives & ((1 << _TABLE_BITS) - 1)
    weights: Numbers = _COARSE[coarse] * _FINE[fine]
    return weights >> (60 - _WEIGHT_BITS + (lives >> _BITS))


def most_credited(credit: Numbers, counts: Numbers) -> Numbers:
    """Of each conversion the place of the touch with most credit, of equal ones the earlier's."""
    begins = np.cumsum(counts) - counts
    place = np.arange(len(credit)) - np.repeat(begins, counts)
    is_most = credit == np.repeat(np.maximum.reduceat(credit, begins), counts)
    return np.minimum.reduceat(np.where(is_most, place, len(credit)), begins)


def _equal_shares(whole: int, parts: Numbers, place: Numbers) -> Numbers:
    # All remainders are equal: the earlier touches get one more.
    return whole // parts + (place < whole % parts)


def _largest_remainder(weights: Numbers, counts: Numbers, begins: Numbers) -> Numbers:
    of = np.repeat(np.arange(len(counts)), counts)
    sums = np.add.reduceat(weights, begins)[of]
    shares, remainders = np.divmod(weights * WHOLE_CREDIT, sums)
    left_over = WHOLE_CREDIT - np.add.reduceat(shares, begins)
    # Sorted stands each conversion where it stood, the largest remainder first.
    order = np.lexsort((-remainders, of))
    shares[order] += np.arange(len(of)) - begins[of] < left_over[of]
    return shares
