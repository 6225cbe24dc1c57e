"""The till ledger: what each till was last heard with, what is missing, who has fallen silent.

Pure: times come in as Unix seconds. Gaps and reuse warn; no receipt is ever refused for them.
"""

import math

import msgspec

from tillstream.store_hours import OPENING_GRACE_SECONDS, Opened, never_closed

#: A number that is missing for longer than this is a gap, seconds: receipts come out of order.
GRACE_SECONDS = 120.0
#: A jump further than this is a till that was renumbered, not one that lost so many receipts.
MAX_JUMP = 10_000
#: Ranges of missing numbers kept for one till; the oldest is given up for a new one.
MAX_RANGES = 100
#: A till is silent when it is quiet for so many of its usual intervals, but no sooner than
#: the least time, seconds.
SILENT_INTERVALS = 8.0
LEAST_SILENT_SECONDS = 300.0
#: A till whose newest sale is older than this does not hold the chain's watermark, seconds: what it
#: sends is of another day.
ANOTHER_DAY_SECONDS = 12 * 3600.0
#: What came so long after its sale, seconds, was held back on its way: that it comes now is no
#: talk of its till, and its till is not missed when no more of it comes.
HELD_BACK_SECONDS = 900.0
#: After its store has closed a till is waited for as long as its last receipt may take, seconds.
CLOSED_SECONDS = 60.0
#: A time of receipt that is so much before the newest, seconds, is of a door whose clock was set
#: back: the newest one is of the future, and is forgotten.
SET_BACK_SECONDS = 3600.0
#: Larger numbers are identities, but no sequence: no store of ours could go on counting them.
MAX_NUMBER = 2**63 - 1
#: Weight of the newest interval in a till's usual one.
RHYTHM_WEIGHT = 0.1


class Missing(msgspec.Struct):
    """Numbers first to last, both included, that a till has passed over."""

    first: int
    last: int
    #: When the till was heard with a later number, Unix seconds.
    since: float


class Till(msgspec.Struct):
    """One till as it was heard."""

    store: str
    till: str
    #: Highest number heard; None when its numbers are no integers.
    number: int | None = None
    #: Newest time of its own clock, at most that of ours, Unix seconds.
    sold: float = 0.0
    #: Newest time of ours at which it sent what it had just sold; 0 until it did.
    heard: float = 0.0
    #: Its usual time between two sales, seconds; 0 until there were two.
    interval: float = 0.0
    receipts: int = 0
    #: Numbers that came again on another receipt, and how often it began anew.
    reused: int = 0
    renumbered: int = 0
    missing: list[Missing] = []

    def hear(self, number: int | None, sold: float, received: float) -> None:
        """A receipt that is counted for the first time."""
        # One turn for each receipt of the chain: comparisons, where max() would cost a call.
        heard, before = self.heard, self.sold
        # Nothing is sold after it was received, whatever the till's clock says.
        if sold > received:
            sold = received
        if self.receipts and sold >= before:
            # By the times of sale: receipts that were held back come at once. A silence, such as a
            # night, is no rhythm either.
            quiet, interval = sold - before, self.interval
            if interval:
                silence = SILENT_INTERVALS * interval
                if silence < LEAST_SILENT_SECONDS:
                    silence = LEAST_SILENT_SECONDS
                if quiet > silence:
                    quiet = silence
                self.interval = interval + RHYTHM_WEIGHT * (quiet - interval)
            elif quiet < ANOTHER_DAY_SECONDS:
                self.interval = quiet
        self.receipts += 1
        if received > heard:
            if received - sold <= HELD_BACK_SECONDS:
                self.heard = received
        elif heard - received > SET_BACK_SECONDS:
            self.heard = received
            if self.sold > received:
                self.sold = sold
        if sold > self.sold:
            self.sold = sold
        if number is None:
            return
        if self.number is not None and number == self.number + 1:
            self.number = number
        else:
            self._number(number, received)

    def gaps(self, now: float) -> list[Missing]:
        """What is missing for longer than the grace."""
        return [missing for missing in self.missing if now - missing.since > GRACE_SECONDS]

    def silent_since(self, now: float, opened: float | None = -math.inf) -> float | None:
        """When it was last heard, if it is quiet for longer than its own rhythm allows.

        `opened`: since when its store is open, as `Opened` has it; while it is closed, and when it
        has just opened, no till of it is silent, and the time before is no silence.
        """
        if opened is None or now - opened < OPENING_GRACE_SECONDS:
            return None
        if self.receipts < 3 or not self.heard:
            return None  # no rhythm yet, or all of it was held back
        allowed = max(LEAST_SILENT_SECONDS, SILENT_INTERVALS * self.interval)
        return self.heard if now - max(self.heard, opened) > allowed else None

    def is_waited_for(self, now: float, opened: float | None = -math.inf) -> bool:
        """Whether more of the present is expected of it: it talks, of today, in an open store."""
        if now - self.sold > ANOTHER_DAY_SECONDS:
            return False
        if opened is None:
            return now - self.heard <= CLOSED_SECONDS
        if self.receipts < 3:  # no rhythm yet
            return now - self.heard <= LEAST_SILENT_SECONDS
        # What it sold last before the opening is nothing of the present.
        return self.heard >= opened and self.silent_since(now) is None

    def _number(self, number: int, received: float) -> None:
        last = self.number
        if last is None:
            self.number = number
        elif number > last:
            if number - last > MAX_JUMP:
                self.renumbered += 1
                self.missing.clear()
            elif number > last + 1:
                self.missing.append(Missing(last + 1, number - 1, received))
                del self.missing[:-MAX_RANGES]
            self.number = number
        elif last - number > MAX_JUMP:
            self.renumbered += 1
            self.missing.clear()
            self.number = number
        elif not self._fill(number):
            self.reused += 1

    def _fill(self, number: int) -> bool:
        """Whether the number was missing; it is no more."""
        for index, gap in enumerate(self.missing):
            if gap.first <= number <= gap.last:
                parts = [
                    Missing(gap.first, number - 1, gap.since),
                    Missing(number + 1, gap.last, gap.since),
                ]
                self.missing[index : index + 1] = [p for p in parts if p.first <= p.last]
                return True
        return False


#: Every till by (store, till).
Tills = dict[tuple[str, str], Till]


def complete_until(tills: Tills, now: float, opened: Opened = never_closed) -> float | None:
    """The watermark: what was sold before it has been heard of from every till that talks.

    The least of the newest times of all tills that are waited for, and not later than now; None
    when there is none. `opened` tells of each store whether it is open.
    """
    least = math.inf
    # Several times a second over every till of the chain: only one that would lower the least is
    # looked at closely.
    for till in tills.values():
        if till.sold < least and till.is_waited_for(now, opened(till.store, now)):
            least = till.sold
    return min(least, now) if least < math.inf else None


def till_number(cash_receipt_id: str | int) -> int | None:
    """The number of a receipt, where it is one from 0 to MAX_NUMBER."""
    if isinstance(cash_receipt_id, str):
        if not (cash_receipt_id.isascii() and cash_receipt_id.isdigit()):
            return None
        # Thousands of digits would take their time, and Python refuses to read them.
        if len(cash_receipt_id.lstrip("0")) > len(str(MAX_NUMBER)):
            return None
        cash_receipt_id = int(cash_receipt_id.lstrip("0") or "0")
    return cash_receipt_id if 0 <= cash_receipt_id <= MAX_NUMBER else None
