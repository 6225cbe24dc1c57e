"""How many receipts came in the last 60 seconds, and how soon they were counted; pure."""

#: Length of the sliding window, seconds: the window is (now - 60, now].
WINDOW_SECONDS = 60
#: Receipts of one bucket are forgotten together; the window's edge is this coarse, seconds.
BUCKET_SECONDS = 0.1


class RateWindow:
    """Counts by time of receipt in 600 buckets, however many receipts come."""

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self._latencies_sum = 0.0
        self._latencies = 0

    def add(self, received_time: float) -> None:
        """A receipt that the door received at `received_time`, Unix seconds."""
        bucket = int(received_time / BUCKET_SECONDS)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1

    def add_latency(self, seconds: float) -> None:
        """Received to counted, of a receipt that was counted live."""
        self._latencies_sum += seconds
        self._latencies += 1

    def per_minute(self, now: float) -> int:
        """Receipts received in the window; forgets those before it."""
        first = int((now - WINDOW_SECONDS) / BUCKET_SECONDS)
        for bucket in [bucket for bucket in self._buckets if bucket <= first]:
            del self._buckets[bucket]
        last = int(now / BUCKET_SECONDS)
        return sum(count for bucket, count in self._buckets.items() if bucket <= last)

    def take_mean_latency_ms(self) -> float | None:
        """Mean latency since the last call, ms; None when no receipt was counted."""
        if not self._latencies:
            return None
        mean = 1000 * self._latencies_sum / self._latencies
        self._latencies_sum, self._latencies = 0.0, 0
        return mean
