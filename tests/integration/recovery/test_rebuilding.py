"""Log, ledger and archive: each is rebuilt from what is left, and `verify` proves it."""

import os
import signal
import subprocess
import sys

import httpx
import pika
from pika.adapters.blocking_connection import BlockingConnection

from persistence.rebuild_log.republishing import MESSAGE_BYTES, grouped
from tests.support.filled_archive import killed_at
from tests.support.filled_system import (
    RECEIPTS,
    Filled,
    accept,
    drain,
    figures,
    post,
)
from tests.support.processes import running_door
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream import topology

#: What was destroyed, and the commands that bring it back.
LOSSES: dict[str, list[tuple[str, ...]]] = {
    "archive": [("persistence", "refill")],
    "ledger": [("analytics", "recount")],
    "log": [("persistence", "rebuild-log"), ("analytics", "recount")],
    "archive ledger": [("persistence", "refill"), ("analytics", "recount")],
    "log ledger": [("persistence", "rebuild-log", "--correct-door"), ("analytics", "recount")],
}


def test_each_of_the_three_is_rebuilt_from_what_is_left(system: Filled) -> None:
    found = {}
    for lost, cures in LOSSES.items():
        for what in lost.split():
            system.destroy(what)
        statuses = [system.run(*cure).returncode for cure in cures]
        found[lost] = (statuses, system.verify())

    whole = figures(accepted=RECEIPTS + 2, duplicates=1)
    assert {
        "archive": ([0], (0, whole)),
        "ledger": ([0], (0, whole)),
        # The archive has each receipt once.
        "log": ([0, 0], (0, figures())),
        "archive ledger": ([0, 0], (0, figures())),
        "log ledger": ([0, 0], (0, figures())),
    } == found


def test_a_rebuilt_log_is_the_same_the_second_time_and_goes_on(system: Filled) -> None:
    system.destroy("log")
    rebuilt = [system.run("persistence", "rebuild-log") for _ in range(2)]
    system.run("analytics", "recount")
    with system.rooms() as door:
        post(door, receipt(5_000))
        wait_until(lambda: system.archived() == RECEIPTS + 1, 30, "the archive")
        wait_until(lambda: system.counted() == RECEIPTS + 1, 30, "the ledger")
        busy = system.run("persistence", "rebuild-log")
    verified = system.verify()

    said = [one.stdout.splitlines()[1].partition(" in ")[0] for one in rebuilt]
    assert [f"log: {RECEIPTS} receipts, 1 conflicts, 0 dead letters"] * 2 == said
    assert (1, True) == (busy.returncode, "workers listen to the queue" in busy.stderr)
    one_more = dict.fromkeys(("stored", "counted"), RECEIPTS + 1)
    assert (0, figures(accepted=RECEIPTS + 2, **one_more)) == verified


def test_what_the_queue_and_the_log_still_held_is_in_the_rebuilt_log(
    system: Filled, broker: BlockingConnection
) -> None:
    accept(system, receipt(5_000), receipt(5_001))
    channel = broker.channel()
    persistent = pika.BasicProperties(content_type="application/json", delivery_mode=2)
    # Of these the queue has only the first, the log only the second.
    channel.confirm_delivery()
    bodies = (stamped(receipt(5_002)), stamped(receipt(5_003)))
    queues = (topology.PERSISTENCE_QUEUE, topology.RECEIPTS_LOG)
    for queue, body in zip(queues, bodies, strict=True):
        channel.basic_publish("", queue, body, persistent)

    rebuilt = system.run("persistence", "rebuild-log")
    system.run("analytics", "recount")

    told = rebuilt.stdout.splitlines()[0]
    all_of_them = dict.fromkeys(("stored", "counted"), RECEIPTS + 4)
    assert "into the archive first: 3 receipts from the queue, 1 from the old log" == told
    assert (0, figures(accepted=RECEIPTS + 5, **all_of_them)) == system.verify()


def test_a_door_refuses_until_a_killed_rebuild_is_run_again(system: Filled) -> None:
    with running_door(system.environ["AMQP_URL"], **system.environ) as door:
        killed = killed_amid(system)
        refused = httpx.post(f"{door}/receipt", json=receipt(5_000), timeout=10).status_code
        again = system.run("persistence", "rebuild-log")
        post(door, receipt(5_001))
    drained = drain(system)
    system.run("analytics", "recount")

    one_more = dict.fromkeys(("stored", "counted"), RECEIPTS + 1)
    assert (-signal.SIGKILL, 503, 0) == (killed, refused, again.returncode), again
    assert (1, 0) == drained
    assert (0, figures(accepted=RECEIPTS + 2, **one_more)) == system.verify()


def killed_amid(system: Filled) -> int:
    """The status of a `rebuild-log` that dies when it has published a part of the log."""
    patch = killed_at("persistence.rebuild_log.republishing", "publish", 2)
    program = f"import sys\n{patch}\nfrom persistence.__main__ import main\nsys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, "rebuild-log"],
        env=os.environ | system.environ,
        capture_output=True,
        timeout=60,
        check=False,
    ).returncode


def test_receipts_that_nothing_explains_are_named_and_not_taken_off(system: Filled) -> None:
    system.destroy("log")
    # Accepted, and lost from the archive before the log was.
    system.database["receipts"].delete_many({"number": {"$in": ["7", "8"]}})

    rebuilt = system.run("persistence", "rebuild-log")
    recounted = system.run("analytics", "recount")
    verified = system.run("analytics", "verify", "--wait", "1")

    told = rebuilt.stdout
    assert 1 == rebuilt.returncode
    assert "the door counted 3 receipts more than the archive holds, and the ledger knows 1" in told
    assert "  2026-11-21 store 1: 3 receipts, 6.15" in told
    assert "it lacks 2 receipts that were counted" in recounted.stderr
    assert [1, 1] == [recounted.returncode, verified.returncode]


def test_the_log_is_left_alone_where_nothing_is_archived(system: Filled) -> None:
    system.destroy("archive")
    system.destroy("log")

    empty = system.run("persistence", "rebuild-log")

    assert 1 == empty.returncode
    assert "there is nothing to rebuild it from; restore a backup" in empty.stderr


def test_a_receipt_longer_than_a_message_is_a_message_of_its_own() -> None:
    long = b"x" * (MESSAGE_BYTES + 1)

    counts = [message.receipts for message in grouped([b"a", b"b", long, *[b"c"] * 501])]

    assert [2, 1, 500, 1] == counts
