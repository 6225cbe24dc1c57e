"""Figures of batches, and what a loop that hangs says."""

from prometheus_client import CollectorRegistry

from tillstream.runtime.watching.figures import Batches, text
from tillstream.runtime.watching.health import HUNG_SECONDS, Vitals


def test_a_batch_falls_into_the_buckets_that_prometheus_would_choose() -> None:
    registry = CollectorRegistry()
    batches = Batches("tillstream_x_seconds", "x", registry, (0.1, 1.0))
    batches.add([0.05, 0.1, 0.5, 7.0])
    batches.add([])

    lines = [line for line in text(registry).decode().splitlines() if not line.startswith("#")]
    assert [
        'tillstream_x_seconds_bucket{le="0.1"} 2.0',
        'tillstream_x_seconds_bucket{le="1.0"} 3.0',
        'tillstream_x_seconds_bucket{le="+Inf"} 4.0',
        "tillstream_x_seconds_count 4.0",
        "tillstream_x_seconds_sum 7.65",
    ] == lines


def test_a_loop_that_does_not_turn_is_not_live_and_one_that_turns_again_is() -> None:
    now = 0.0
    vitals = Vitals("rate", lambda: now)
    vitals.connected()
    before = vitals.live()[1].status
    vitals.turn()
    now = HUNG_SECONDS
    waiting = vitals.live()[1].status
    now = HUNG_SECONDS + 1
    found = [before, waiting, vitals.live()[1].status]
    hung = vitals.ready()[0]
    vitals.turn()

    assert ["starting", "live", "hung"] == found
    assert (503, 200) == (hung, vitals.ready()[0])
