"""Tells the figures of attributions on the exchange `attribution`: soon after a change, and as a
sign of life each half second.
"""

from events.outbox.attributions import Attributions
from tillstream import topology
from tillstream.clock import Clock
from tillstream.runtime import broker
from tillstream.streams.attribution_snapshot import AttributionSnapshot
from tillstream.streams.definition import MICROSECONDS


class AttributionPublisher:
    """Tells what changed since it was made."""

    def __init__(self, attributions: Attributions, clock: Clock) -> None:
        self._attributions = attributions
        self._clock = clock

    def publish(
        self,
        channel: broker.BlockingChannel,
        next_offset: int | None,
        log_offset: int | None,
        *,
        all_of_them: bool,
    ) -> None:
        """Tell the rows that changed; with `all_of_them` an attribution without any as well."""
        for name, one in self._attributions.running.items():
            rows = self._attributions.newest[name].taken()
            if not rows and not all_of_them:
                continue
            figures = one.attributor.figures
            mark = figures.final_before_us
            snapshot = AttributionSnapshot(
                stream=name,
                rows=rows,
                complete_until=None if mark is None else mark / MICROSECONDS,
                as_of=self._clock(),
                open=figures.open,
                final=figures.final,
                attributed=figures.attributed,
                waiting=figures.waiting,
                late_touches=figures.late_touches,
                late_conversions=figures.late_conversions,
                nulled=figures.nulled,
                next_offset=next_offset,
                log_offset=log_offset,
            )
            broker.publish_snapshot(channel, topology.ATTRIBUTION, snapshot)
