"""Periodic work in a loop: what is due, and how long until then."""

from tillstream.clock import Clock

#: Workers publish a snapshot at least this often, also when nothing changed.
SNAPSHOT_SECONDS = 0.5
#: The same of breakdowns and tills, which change slowly and are larger.
DETAILS_SECONDS = 2.0


class Every:
    """Is due at once, then each `seconds`; a late turn does not make up for missed ones."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._begun = clock() - seconds

    def remaining(self) -> float:
        """Seconds until it is due; 0 when it is, and when the clock was set back."""
        passed = self._clock() - self._begun
        return max(self._seconds - passed, 0.0) if passed >= 0 else 0.0

    def is_due(self) -> bool:
        """True once a period; the next one begins at the call."""
        if self.remaining() > 0:
            return False
        self.begin()
        return True

    def begin(self) -> None:
        """A period begins now, also before the one before was over."""
        self._begun = self._clock()
