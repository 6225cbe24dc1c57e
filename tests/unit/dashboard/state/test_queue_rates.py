"""Queues, rates and the ledger's lag, from what was sampled each second."""

from msgspec.structs import replace

from dashboard.state.heard import Newest
from dashboard.state.queue_rates import Ledger, QueueState, Samples
from tests.support import snapshots
from tillstream import topology


def newest(at: float, stored: int, next_offset: int, log_offset: int) -> Newest:
    """What the workers say at `at`."""
    return Newest(
        totals=replace(snapshots.count(at, 1_000, stored), next_offset=next_offset),
        rate=replace(snapshots.rate(at, 120), log_offset=log_offset),
        stored=replace(snapshots.delay(at), stored=stored),
        tills=replace(snapshots.tills(at), log_epoch=2),
    )


def test_a_ledger_at_the_end_of_the_log_is_not_behind() -> None:
    samples = Samples()
    now = newest(100.0, 10, next_offset=8, log_offset=7)
    samples.add(100.0, now)

    assert Ledger(8, 7, 0.0, 100.0, 2) == samples.ledger(now, 100.0)


def test_a_ledger_is_behind_since_the_log_was_seen_to_have_more() -> None:
    samples = Samples()
    samples.add(100.0, newest(100.0, 10, next_offset=8, log_offset=7))
    for at in (101.0, 102.0, 103.0, 104.0):
        # Offsets have holes.
        last = newest(at, 10, next_offset=8, log_offset=int(at))
        samples.add(at, last)

    assert Ledger(8, 104, 3.0, 100.0, 2) == samples.ledger(last, 104.0)


def test_a_ledger_whose_worker_is_silent_falls_behind_the_log_that_grows() -> None:
    samples = Samples()
    silent = newest(100.0, 10, next_offset=8, log_offset=7)
    samples.add(100.0, silent)
    found = []
    for at in (101.0, 102.0, 103.0):
        grown = silent._replace(rate=replace(snapshots.rate(at), log_offset=9))
        samples.add(at, grown)
        found.append(samples.ledger(grown, at).behind_seconds)

    # At first it may just not have said yet that it has counted it.
    assert [0.0, 0.0, 2.0] == found


def test_rates_are_of_the_last_ten_seconds_and_none_after_a_restart() -> None:
    samples = Samples()
    for second in range(31):
        last = newest(100.0 + second, 5 * second, next_offset=8, log_offset=7)
        samples.add(100.0 + second, last)
    depths = {topology.PERSISTENCE_QUEUE: (4, 1), topology.RECEIPTS_LOG: (99, 0)}

    steady = samples.queues(depths, last)
    samples.add(131.0, newest(131.0, 0, next_offset=8, log_offset=7))
    restarted = samples.queues(depths, last)

    assert [
        QueueState(topology.PERSISTENCE_QUEUE, 4, 1, 2.0, 5.0),
        QueueState(topology.RECEIPTS_LOG, None, None, 2.0, 5.0),
    ] == steady
    assert [None, None] == [queue.rate_out for queue in restarted]
