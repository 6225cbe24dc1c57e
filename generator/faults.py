"""Receipts as a bad day brings them: repeated, late, held back, wrong, or no receipts at all."""

import heapq
import itertools
import re
from random import Random
from typing import NamedTuple

import msgspec

from generator.issued_receipt import IssuedReceipt, Sale
from generator.pricing import major
from generator.receipts import Tills
from generator.schedules import Schedule
from tillstream.currencies import EXPONENTS

#: What can be wrong. Each receipt has one fault or none; a till that is silent has no say in it.
DUPLICATE, LATE, OUT_OF_ORDER, SKEW = "duplicate", "late", "out_of_order", "skew"
WRONG_TOTAL, GARBAGE, BACKLOG = "wrong_total", "garbage", "backlog"

#: How late: between an hour and two days, seconds.
LATENESS = (3600.0, 172_800.0)
#: How far a till's clock is off, either way, seconds.
SKEWS = (60.0, 7200.0)
#: How much later a receipt comes that is out of order, and a duplicate, seconds.
HELD = (0.5, 10.0)
#: By how many cents a printed total is wrong, either way.
WRONG_BY = 500

_GROSS = re.compile(rb'"grossTotal":[-0-9.]+')
_NOTHING = Sale(b"", (), (), 0, 0)


class Shares(NamedTuple):
    """How much of the receipts has each fault, 0 to 1; together at most 1."""

    duplicate: float = 0.03
    late: float = 0.02
    out_of_order: float = 0.05
    skew: float = 0.02
    wrong_total: float = 0.01
    garbage: float = 0.01
    #: Receipts after which their till falls silent.
    silent: float = 0.002

    def of_receipts(self) -> dict[str, float]:
        """The share of each fault that a receipt may have, by its name."""
        return {fault: share for fault, share in self._asdict().items() if fault != "silent"}


class FaultyTills(Schedule):
    """`count` receipts at `rate`, with the faults of `shares`; a duplicate comes on top.

    A silent till sends nothing for `silence` seconds, then all that it has printed. Garbage
    is bytes that no till would count: the door is to refuse them.
    """

    def __init__(
        self,
        tills: Tills,
        shares: Shares,
        *,
        rate: float,
        count: int,
        start: float,
        silence: float,
        seed: int,
    ) -> None:
        """`start` is the date of the first one, Unix seconds."""
        self._tills = tills
        self._shares = shares
        self._rate = rate
        self._count = count
        self._start = start
        self._silence = silence
        self._random = Random(f"{seed}/mess")
        self._printed = 0
        #: When each silent till comes back, by store and number.
        self._silent: dict[tuple[int, int], float] = {}
        self._held: list[tuple[float, int, IssuedReceipt]] = []
        self._sequence = itertools.count()

    def due(self) -> float | None:
        """When the next one is sent."""
        self._print_until_next()
        return self._held[0][0] if self._held else None

    def issue(self) -> IssuedReceipt:
        """The next one of those that are held."""
        return heapq.heappop(self._held)[2]

    def _print_until_next(self) -> None:
        """Print until nothing that is yet to be printed can come before the first held one."""
        while self._printed < self._count:
            now = self._printed / self._rate
            if self._held and self._held[0][0] <= now:
                return
            self._printed += 1
            self._print(now)

    def _print(self, now: float) -> None:
        fault = self._fault()
        random = self._random
        moment = self._start + now
        if fault == LATE:
            moment -= random.uniform(*LATENESS)
        elif fault == SKEW:
            moment += random.choice((-1, 1)) * random.uniform(*SKEWS)
        issued = self._tills.issue(moment)
        if fault == WRONG_TOTAL:
            issued = wrong_total(issued, random.choice((-1, 1)) * random.randint(1, WRONG_BY))
        elif fault == OUT_OF_ORDER:
            self._send(now + random.uniform(*HELD), marked(issued, OUT_OF_ORDER))
            return
        elif fault in (LATE, SKEW):
            issued = marked(issued, fault)
        elif fault == GARBAGE:
            # Beside the receipt and not instead of it: the numbers of a till have no gaps.
            self._send(now, garbage(issued, random))
        self._send_by_till(now, issued, twice=fault == DUPLICATE)

    def _send_by_till(self, now: float, issued: IssuedReceipt, *, twice: bool) -> None:
        till = issued.till
        assert till is not None  # noqa: S101  our own tills print it
        back = self._silent.get((till.store, till.number), 0.0)
        if back <= now and self._random.random() < self._shares.silent:
            back = self._silent[till.store, till.number] = now + self._silence
        if twice:
            # With a sale of its own, by which the summary knows that it is the same receipt.
            own = msgspec.structs.replace(issued.sale)
            issued = msgspec.structs.replace(issued, sale=own, fault=DUPLICATE)
        elif back > now and not issued.fault:
            issued = marked(issued, BACKLOG)
        sent = max(now, back)
        self._send(sent, issued)
        if twice:
            self._send(sent + self._random.uniform(*HELD), issued)

    def _send(self, due: float, issued: IssuedReceipt) -> None:
        # The sequence keeps the order of those that are due at the same time.
        heapq.heappush(self._held, (due, next(self._sequence), issued))

    def _fault(self) -> str:
        luck = self._random.random()
        for fault, share in self._shares.of_receipts().items():
            luck -= share
            if luck < 0:
                return fault
        return ""


def marked(issued: IssuedReceipt, fault: str) -> IssuedReceipt:
    """The same receipt, known for its fault."""
    return msgspec.structs.replace(issued, fault=fault)


def wrong_total(issued: IssuedReceipt, minor: int) -> IssuedReceipt:
    """The receipt with a printed gross total that is `minor` units off; that one is what counts."""
    sale = msgspec.structs.replace(issued.sale, gross=issued.sale.gross + minor)
    text = b'"grossTotal":' + msgspec.json.encode(major(sale.gross, EXPONENTS[sale.currency]))
    body = _GROSS.sub(lambda _: text, issued.body, count=1)
    return msgspec.structs.replace(issued, body=body, sale=sale, fault=WRONG_TOTAL)


def garbage(issued: IssuedReceipt, random: Random) -> IssuedReceipt:
    """Bytes that look like the receipt and are none; never with a line break in them."""
    body = issued.body
    broken = (
        body[: len(body) // 2],
        body.replace(b'"storeID":', b'"shopID":', 1),
        body.replace(b'"date":"', b'"date":"the ', 1),
        body.replace(b'"lines":[', b'"lines":7,"rows":[', 1),
        b"GET / HTTP/1.1",
        b"\xff\xfe{}",
        b"null",
    )
    return IssuedReceipt(random.choice(broken), "", _NOTHING, fault=GARBAGE)
