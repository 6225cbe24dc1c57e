"""Which open conversions change, and their rows made anew."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.codes import Numbers
from events.attribution.conversions import NOT_MADE, is_among
from events.attribution.held import Held
from events.attribution.inputs import single
from events.attribution.making import RowMaker, Values
from events.attribution.tables import Key
from tillstream.streams.definition import Joined

Mask = npt.NDArray[np.bool_]


class Remade(NamedTuple):
    """Open conversions that were made anew."""

    held: Held
    values: Values
    rows: pa.Table


def have_more_touches(held: Held, touched: Numbers, window_us: int, floor_us: int) -> Mask:
    """Which open conversions that have rows have other touches now: those only become more.

    `touched` are the keys of touches that came.
    """
    open_ = held.conversions
    changed: Mask = is_among(held.keys, open_.codes, touched) & (open_.made != NOT_MADE)
    which = np.flatnonzero(changed)
    some = open_.at(which)
    spans = held.touches.spans(some.codes, some.times, window_us, floor_us)
    changed[which] = spans.counts != some.found
    return changed


def have_other_tables(
    held: Held, tables: Sequence[Joined], came: Mapping[str, Sequence[Key]]
) -> Mask:
    """Which open conversions are joined with rows that came, by their stream and key."""
    changed: Mask = np.zeros(len(held.conversions.codes), np.bool_)
    for joined, codes, values in zip(tables, held.by, held.conversions.by, strict=True):
        if joined.stream in came:
            changed = changed | is_among(codes, values, codes.known(came[joined.stream]))
    return changed


def show_other_values(maker: RowMaker, held: Held, which: Numbers, floor_us: int) -> Mask:
    """Which of the open conversions at these places would have another row than they have."""
    changed: Mask = np.zeros(len(which), np.bool_)
    if not len(which):
        return changed
    some = held.conversions.at(which)
    values = maker.values(held, some, floor_us)
    rows = maker.rows(values.flat, values.missing, values.counts)
    before = held.made.gather(some.made)
    for name in rows.schema.names:
        old, new = single(before, name), single(rows, name)
        differs = pc.fill_null(pc.not_equal(old, new), fill_value=True)
        is_either = pc.or_(old.is_valid(), new.is_valid())
        changed = changed | np.asarray(pc.and_(differs, is_either))
    return changed


def remake(maker: RowMaker, held: Held, which: Numbers, is_credited: Mask, floor_us: int) -> Remade:
    """Make rows for the open conversions at these places, and hold them; the credits only of those
    that have others.
    """
    if not len(which):
        return Remade(held, maker.nothing, maker.schema.empty_table())
    values = maker.values(held, held.conversions.at(which), floor_us)
    rows = maker.rows(values.flat, values.missing, values.counts)
    numbers = np.arange(len(which)) + held.made.size
    lacks = np.asarray(values.missing.is_valid())
    kept = is_credited[values.credited]
    credit_rows = np.bincount(values.credited[kept], minlength=len(which))[is_credited]
    begins = held.credits.size + np.cumsum(credit_rows) - credit_rows
    conversions = held.conversions.with_rows(which, values.counts, numbers, lacks)
    held = held._replace(
        conversions=conversions.with_credits(which[is_credited], begins, credit_rows),
        made=held.made.added(rows),
        credits=held.credits.added(values.credits.filter(pa.array(kept))),
    )
    return Remade(held, values, rows)
