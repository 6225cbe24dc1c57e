"""How fast one caller may send: a token bucket."""

from tillstream.clock import Clock

#: A burst may send as many receipts at once as the rate allows in this time, seconds.
BURST_SECONDS = 10


class Bucket:
    """A token bucket: `rate` tokens a second, and room for BURST_SECONDS of them."""

    def __init__(self, rate: int, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate * BURST_SECONDS)
        self._at = clock()

    def take(self, tokens: int) -> float:
        """Take them and return 0, or take none and return the seconds until they are there."""
        now = self._clock()
        room = self._rate * BURST_SECONDS
        self._tokens = min(room, self._tokens + max(0.0, now - self._at) * self._rate)
        self._at = now
        # More than the whole bucket is let through when it is full, as a debt.
        if self._tokens >= min(tokens, room):
            self._tokens -= tokens
            return 0.0
        return (min(tokens, room) - self._tokens) / self._rate

    def wait(self) -> float:
        """The seconds until there is a token; 0 when there is one now. Takes none."""
        missing = 1 - self._tokens - max(0.0, self._clock() - self._at) * self._rate
        return max(0.0, missing / self._rate)
