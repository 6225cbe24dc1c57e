"""What a run sent and was promised, and whether the system holds just that: no I/O."""

import bisect
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Sale(NamedTuple):
    """A receipt: what it adds to which figures."""

    #: Business day, `YYYY-MM-DD`.
    day: str
    store: str
    #: Gross total.
    cents: int


class Observed(NamedTuple):
    """What the system holds at one moment, read from the outside."""

    #: Of the archive, by receipt key.
    stored: Mapping[str, Sale]
    #: Receipt keys of the conflicts that the archive keeps, once for each kept content.
    conflicts: Iterable[str]
    #: Receipts and cents of each day that a `count` snapshot tells.
    counted: Mapping[str, tuple[int, int]]
    #: Bodies of the dead letters, a repetition is allowed; None where they were not read.
    dead_letters: Iterable[bytes] | None = None


class Verdict(NamedTuple):
    """Every difference between a history and what was observed; all empty or 0 when it holds."""

    #: Acknowledged, and not in the archive.
    missing: frozenset[str] = frozenset()
    #: In the archive, and never sent.
    extra: frozenset[str] = frozenset()
    #: In the archive with another day, store or amount than was sent first.
    altered: frozenset[str] = frozenset()
    #: Receipts that should be counted and are not, on whichever day.
    uncounted: int = 0
    #: Receipts that were counted more often than they should be.
    double_counted: int = 0
    #: Cents by which the days' sums are off, added without their signs.
    cents_off: int = 0
    #: Conflicts that were accepted and not kept; kept and never sent, or kept twice.
    conflicts_missing: frozenset[str] = frozenset()
    conflicts_extra: frozenset[str] = frozenset()
    #: Undecodable messages that the broker confirmed and that are no dead letters.
    letters_missing: frozenset[bytes] = frozenset()
    #: Dead letters that were never sent as such.
    letters_extra: frozenset[bytes] = frozenset()
    #: Differences of the windows of events (events_book.py).
    events: tuple[str, ...] = ()
    #: Differences of the online shop's purchases and windows (shop_book.py).
    shop: tuple[str, ...] = ()
    #: Differences of what receivers' sales come to (deliveries.py).
    deliveries: tuple[str, ...] = ()
    #: Differences of the job of every minute (minutes.py).
    jobs: tuple[str, ...] = ()
    #: Answers of the door that it must not give.
    wrong_answers: tuple[str, ...] = ()
    #: Nothing was acknowledged: such a run proves nothing.
    empty: bool = False
    #: The system did not let itself be read before the deadline: nothing is proved.
    unread: bool = False

    @property
    def lost(self) -> int:
        """Receipts that were promised and that the archive or the totals do not have."""
        return max(len(self.missing), self.uncounted)

    def holds(self) -> bool:
        """Whether nothing is lost and nothing is extra."""
        return self == Verdict()

    def problems(self) -> list[str]:
        """A line for each kind of difference, with its first cases."""
        return [
            f"{name.replace('_', ' ')}: {_told(value)}"
            for name, value in self._asdict().items()
            if value
        ]


class History:
    """The sender's own book. One thread writes; others may ask how much was acknowledged."""

    def __init__(self) -> None:
        self.sent: dict[str, Sale] = {}
        self.acknowledged: set[str] = set()
        #: When receipts were first acknowledged, Unix seconds, ascending; which; and by day.
        self._times: list[float] = []
        self._keys: list[str] = []
        self._times_of_day: dict[str, list[float]] = {}
        #: Conflicts by receipt key: True once one was accepted, else it may be kept or not.
        self._conflicts: dict[str, bool] = {}
        #: Undecodable messages: True once confirmed.
        self._letters: dict[bytes, bool] = {}
        self._wrong: list[str] = []

    def send(self, key: str, sale: Sale) -> None:
        """A receipt is about to be sent for the first time: from now on it may be stored."""
        if key in self.sent:
            raise ValueError(f"{key} was sent before; a stream gives each identity once")
        self.sent[key] = sale

    def acknowledge(self, key: str, at: float) -> None:
        """The door has answered 202 to the receipt, now or again. Raises KeyError if never sent."""
        day = self.sent[key].day
        if key not in self.acknowledged:
            self.acknowledged.add(key)
            self._times_of_day.setdefault(day, []).append(at)
            # The key first: who finds the time finds the key.
            self._keys.append(key)
            self._times.append(at)

    def conflict(self, key: str, *, accepted: bool) -> None:
        """Other content was sent for the key: accepted, or without a known outcome."""
        self._conflicts[key] = accepted or self._conflicts.get(key, False)

    def refuse_conflict(self, key: str) -> None:
        """The door has refused the other content, and never left its outcome open."""
        self._conflicts.pop(key, None)

    def may_conflict(self, key: str) -> bool:
        """Whether other content may be known for the key."""
        return key in self._conflicts

    def letter(self, body: bytes, *, confirmed: bool) -> None:
        """An undecodable message was published: confirmed, or without a known outcome."""
        self._letters[body] = confirmed or self._letters.get(body, False)

    def wrong_answer(self, what: str) -> None:
        """The door answered what it must not."""
        self._wrong.append(what)

    def acknowledged_by(self, at: float, day: str | None = None) -> int:
        """Receipts, of a day or of all, that were acknowledged in (-inf, at]."""
        times = self._times if day is None else self._times_of_day.get(day, ())
        return bisect.bisect_right(times, at)

    def newest(self, at: float) -> str | None:
        """The key that was acknowledged last in (-inf, at]."""
        position = self.acknowledged_by(at)
        return self._keys[position - 1] if position else None

    def check(self, seen: Observed) -> Verdict:
        """Compare in both directions.

        An identity without a known outcome may be stored or not; the totals have to agree
        with the archive about it. To be called while nothing is on its way.
        """
        stored, acknowledged = seen.stored.keys(), self.acknowledged
        owed: dict[str, tuple[int, int]] = {}
        for key in acknowledged | (stored & self.sent.keys()):
            day, _, cents = self.sent[key]
            count, total = owed.get(day, (0, 0))
            owed[day] = (count + 1, total + cents)
        surplus = [
            (count - owed.get(day, (0, 0))[0], cents - owed.get(day, (0, 0))[1])
            for day, (count, cents) in (dict.fromkeys(owed, (0, 0)) | dict(seen.counted)).items()
        ]
        kept = Counter(seen.conflicts)
        accepted = {key for key, known in self._conflicts.items() if known}
        confirmed = {body for body, known in self._letters.items() if known}
        letters = confirmed if seen.dead_letters is None else set(seen.dead_letters)
        return Verdict(
            missing=frozenset(acknowledged - stored),
            extra=frozenset(stored - self.sent.keys()),
            altered=frozenset(
                key for key in stored & self.sent.keys() if seen.stored[key] != self.sent[key]
            ),
            uncounted=sum(max(-count, 0) for count, _ in surplus),
            double_counted=sum(max(count, 0) for count, _ in surplus),
            cents_off=sum(abs(cents) for _, cents in surplus),
            conflicts_missing=frozenset(accepted - kept.keys()),
            conflicts_extra=frozenset(
                key for key, times in kept.items() if times > 1 or key not in self._conflicts
            ),
            letters_missing=frozenset(confirmed - letters),
            letters_extra=frozenset(letters - self._letters.keys()),
            wrong_answers=tuple(self._wrong),
            empty=not acknowledged,
        )


def _told(value: object) -> str:
    if isinstance(value, frozenset | tuple):
        first = ", ".join(map(str, sorted(value)[:3]))
        return f"{len(value)} ({first}{', ...' if len(value) > 3 else ''})"
    return "yes" if value is True else str(value)
