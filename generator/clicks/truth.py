"""Which clicks led to which purchase: each purchase against every click of its user.

No product code is used, nor a way that resembles it: what this finds is what an attribution is
compared with.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from generator.clicks import rows, tables
from generator.clicks.world import DIRECT, Booleans, Integers, Plan, World

HEADER = (
    *("purchase_id", "touches", "first_touch", "last_touch", "last_non_direct"),
    *("total", "profit", "is_late", "late_touches"),
)
#: Before the first event nothing is late.
_NEVER = -(1 << 62)


class PurchaseTruth(NamedTuple):
    """The truth about a purchase; ids are None without a touch."""

    purchase_id: int
    touches: int
    first_touch: int | None
    last_touch: int | None
    last_non_direct: int | None
    #: In units of 10^-5 and 10^-8.
    total: int
    profit: int
    #: Whether it came when its time was over, and how many of its touches did.
    is_late: bool
    late_touches: int


class Late(NamedTuple):
    """Which came when their time was over."""

    clicks: Booleans
    purchases: Booleans


def truth(plan: Plan, world: World, late: Late) -> Iterator[PurchaseTruth]:
    """Of each purchase in the order of the world."""
    clicks, bought = world
    by_user = defaultdict(list)
    listed = zip(
        *(column.tolist() for column in (clicks.user, clicks.time, clicks.id, clicks.source)),
        late.clicks.tolist(),
        strict=True,
    )
    for user, time, number, source, is_late in listed:
        # Ties are told apart by the ids as texts: all have 18 digits.
        by_user[user].append((time, number, source, is_late))
    known = tables.products(plan)
    goods = known.price[bought.product] * bought.quantity * (1_000 - bought.discount)
    columns = (
        *(bought.id, bought.user, bought.time, goods + bought.shipping * 1_000),
        *(goods * known.commission[bought.product], late.purchases),
    )
    for number, user, time, total, profit, is_late in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        found = [
            click for click in by_user.get(user, ()) if time - plan.window_us <= click[0] <= time
        ]
        last = max(found, default=None)
        campaigns = [click for click in found if click[2] != DIRECT]
        yield PurchaseTruth(
            number,
            len(found),
            min(found)[1] if found else None,
            last[1] if last else None,
            max(campaigns)[1] if campaigns else last[1] if last else None,
            total,
            profit,
            is_late,
            sum(click[3] for click in found),
        )


def late_events(world: World, lateness_us: int, slice_rows: int) -> Late:
    """What is older than the watermark was when it was heard.

    The watermark is the lesser one of both streams', each the newest time that was heard less the
    lateness. A reader that takes many events at once has one that is behind: for it fewer are late.
    """
    clicks, bought = world
    arrivals, all_times = ((clicks.arrival, bought.arrival), (clicks.time, bought.time))
    heard = [np.argsort(one, kind="stable") for one in arrivals]
    in_order = [one[at] for one, at in zip(arrivals, heard, strict=True)]
    numbers = rows.slice_numbers(in_order[0], in_order[1], slice_rows)
    # The order in which all are sent: slice by slice, of each the clicks before the purchases.
    kinds = np.repeat([0, 1], [len(one) for one in arrivals])
    order = np.lexsort((kinds, np.concatenate(numbers)))
    times = np.concatenate([one[at] for one, at in zip(all_times, heard, strict=True)])[order]
    kinds = kinds[order]
    marks = [_newest(times, kinds == kind) for kind in (0, 1)]
    late = times < np.minimum(*marks) - lateness_us
    found = []
    for kind, at in enumerate(heard):
        whole = np.empty(len(at), np.bool_)
        whole[at] = late[kinds == kind]
        found.append(whole)
    return Late(*found)


def out_of_order(world: World) -> float:
    """The share of events that are heard after one that is newer."""
    times, arrivals = (
        np.concatenate([getattr(one, name) for one in world]) for name in ("time", "arrival")
    )
    if not len(times):
        return 0.0
    times = times[np.argsort(arrivals, kind="stable")]
    return float(np.mean(times < np.maximum.accumulate(times)))


def line(one: PurchaseTruth) -> bytes:
    """A line of the file, with its line break."""
    goods, fraction = divmod(one.total, 10**5)
    profit, small = divmod(one.profit, 10**8)
    touched = ["" if each is None else str(each) for each in one[2:5]]
    cells = (
        *(str(one.purchase_id), str(one.touches), *touched),
        *(f"{goods}.{fraction:05d}", f"{profit}.{small:08d}"),
        *(str(int(one.is_late)), str(one.late_touches)),
    )
    return ",".join(cells).encode() + b"\n"


def _newest(times: Integers, of: Booleans) -> Integers:
    """The newest time of those that were heard before each event."""
    newest = np.maximum.accumulate(np.where(of, times, _NEVER))
    return np.concatenate([[_NEVER], newest[:-1]])
