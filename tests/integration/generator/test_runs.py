"""Runs of the generator from their start to their end."""

import os
import signal
import socket
import time

import pytest

from tests.support.fake_door import FakeDoor
from tests.support.generator_command import Generator
from tests.support.waiting import wait_until


def test_a_burst_is_accepted_whole_and_its_sum_is_the_doors(
    door: FakeDoor, generator: Generator
) -> None:
    run = generator.run("burst", "--count", "500", "--to", door.url)

    assert (0, 500, {}, 0, 0) == run.fates
    assert (500, door.gross()) == (len(door.accepted), run.summary["accepted_gross_minor"])
    assert set(door.tries.values()) == {1}
    assert "accepted              500" in run.out


def test_steady_keeps_its_rate_and_its_end(door: FakeDoor, generator: Generator) -> None:
    run = generator.run("steady", "--rate", "50", "--seconds", "2", "--to", door.url)

    assert (0, 100, {}, 0, 0) == run.fates
    assert 1.9 <= run.summary["seconds"] < 4.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_steady_in_order_with_a_summary(
    door: FakeDoor, generator: Generator, number: signal.Signals
) -> None:
    process = generator.start("steady", "--rate", "50", "--to", door.url)
    wait_until(lambda: len(door.accepted) >= 20, 30, "twenty receipts")
    process.send_signal(number)
    run = generator.end(process)

    assert (0, len(door.accepted), {}, 0, 0) == run.fates
    assert door.gross() == run.summary["accepted_gross_minor"]
    assert run.summary["sent"] >= 20


def test_a_second_run_uses_no_identity_and_no_number_again(
    door: FakeDoor, generator: Generator
) -> None:
    for _ in range(2):
        generator.run("burst", "--count", "200", "--stores", "3", "--to", door.url)
    numbers: dict[tuple[object, object], list[object]] = {}
    for receipt in door.accepted.values():
        numbers.setdefault((receipt.store_id, receipt.terminal_id), []).append(
            receipt.cash_receipt_id
        )
    expected = {till: set(range(1, len(taken) + 1)) for till, taken in numbers.items()}

    assert 400 == len(door.accepted)
    assert expected == {till: set(taken) for till, taken in numbers.items()}


def test_a_door_that_comes_late_is_waited_for(door: FakeDoor, generator: Generator) -> None:
    door.ready = 503
    process = generator.start("burst", "--count", "10", "--to", door.url)
    time.sleep(1.5)
    sent_before = len(door.tries)
    door.ready = 200
    run = generator.end(process)

    assert (0, 10) == (sent_before, len(door.accepted))
    assert (0, 10, {}, 0, 0) == run.fates


def test_a_door_that_never_comes_is_one_clear_line(generator: Generator) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        run = generator.run("steady", "--wait", "0.5", "--to", url)
    errors = [line for line in run.err.splitlines() if line.startswith("error:")]

    assert (os.EX_UNAVAILABLE, "", {}) == (run.status, run.out, run.summary)
    assert 1 == len(errors)
    assert f"the entrypoint at {url} is not ready after 0.5 s" in errors[0]
    assert "Traceback" not in run.err
