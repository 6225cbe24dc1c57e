"""What the operations page says of receivers: the worker's newest figures beside all doors'."""

from dashboard.state.receivers_heard import DOOR_SECONDS, ReceiversHeard
from tillstream.receivers.snapshots import ReceiverFigures, ReceiversSnapshot, RefusedSnapshot

SHOPIFY = ReceiverFigures(
    receiver="shopify",
    taken=20,
    passed_over=3,
    apart=1,
    receipts=22,
    reversals=4,
    fetching=5,
    set_aside=6,
    newest=90.0,
)


def test_refusals_of_the_doors_that_run_are_added_to_what_the_worker_says() -> None:
    heard = ReceiversHeard()
    heard.take(ReceiversSnapshot(receivers=(SHOPIFY,), outbox=7, as_of=99.0))
    for door, at in (("1", 99.0), ("2", 100.0), ("gone", 100 - DOOR_SECONDS)):
        refused = {"shopify": {"unsigned": 2, "signature": 3}, "odoo": {"unsigned": 1}}
        heard.take(RefusedSnapshot(door=door, refused=refused, as_of=at))
    # Absolute: said twice, it counts once.
    heard.take(RefusedSnapshot(door="2", refused={"shopify": {"unsigned": 9}}, as_of=100.0))

    found = heard.state(100.0)

    assert (7, 99.0) == (found.outbox, found.as_of)
    assert [("odoo", 0, 1, None), ("shopify", 20, 14, 90.0)] == [
        (one.receiver, one.taken, one.refused, one.newest) for one in found.rows
    ]
    assert (22, 5, 6) == (found.rows[1].posted, found.rows[1].waiting, found.rows[1].set_aside)


def test_before_the_worker_is_heard_nothing_is_known() -> None:
    found = ReceiversHeard().state(100.0)

    assert ([], 0, None) == (found.rows, found.outbox, found.as_of)
