"""When an alert begins and when it ends. Pure: whoever asks says what time it is."""

from collections.abc import Collection
from typing import NamedTuple

from alerts.reading import Look, Reading

#: What is said to be bad for long is seen for this share of the wait, at least, before it begins:
#: while a backlog comes, many stores have sold nothing today that soon have.
SEEN_SHARE = 0.05


class Turn(NamedTuple):
    """What a look has changed."""

    begins: list[Reading]
    #: Subjects, with what was found of them, if anything was.
    ends: dict[str, Reading | None]


class Hysteresis:
    """Of one rule: bad for `after` seconds begins, well for `until` seconds ends an alert.

    What nobody knows neither begins nor ends one, and the wait for either begins again after it.
    """

    def __init__(self, after: float, until: float) -> None:
        self._after = after
        self._until = until
        #: Subject -> since when it is bad, or well.
        self._bad: dict[str, float] = {}
        self._well: dict[str, float] = {}

    def turn(self, look: Look | None, open_subjects: Collection[str], now: float) -> Turn:
        """Judge all subjects at Unix seconds `now`; `look` is None where nothing is known."""
        if look is None:
            self._bad, self._well = {}, {}
            return Turn([], {})
        bad, well = self._bad, self._well
        self._bad, self._well = {}, {}
        begins = []
        for subject, reading in look.readings.items():
            if subject in open_subjects or not reading.bad:
                continue
            # A clock that was set back makes no wait longer.
            seen = since = min(now, bad.get(subject, now))
            self._bad[subject] = seen
            if reading.since is not None:
                since = min(since, reading.since)
            if now - since >= self._after and now - seen >= SEEN_SHARE * self._after:
                begins.append(reading)
        ends: dict[str, Reading | None] = {}
        for subject in open_subjects:
            found = look.readings.get(subject)
            if not (look.complete if found is None else found.well):
                continue
            self._well[subject] = since = min(now, well.get(subject, now))
            if now - since >= self._until:
                ends[subject] = found
        return Turn(begins, ends)
