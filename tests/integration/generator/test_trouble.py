"""The generator against a door that refuses, is busy or hangs up."""

import signal
import threading
import time

from aiohttp import web

from generator.sending import DRAIN_SECONDS, LAST_ANSWERS_SECONDS
from tests.support.fake_door import FakeDoor, accept
from tests.support.generator_command import Generator
from tests.support.waiting import wait_until
from tillstream.receipt import Receipt, receipt_key


def test_busy_and_broken_tries_are_sent_again_with_the_same_bytes(
    door: FakeDoor, generator: Generator
) -> None:
    trouble: list[web.Response | int | None] = [503, 429, None, 504]

    def answers(attempt: int, receipt: Receipt) -> web.Response | None:
        assert isinstance(receipt.cash_receipt_id, int)
        assert isinstance(receipt.store_id, int)
        if attempt > 1:
            return accept(attempt, receipt)
        status = trouble[receipt.store_id % len(trouble)]
        return None if status is None else web.Response(status=int(str(status)))

    door.answers = answers
    run = generator.run("burst", "--count", "200", "--to", door.url)

    assert (0, 200, {}, 0, 0) == run.fates
    assert (200, door.gross()) == (run.summary["retries"], run.summary["accepted_gross_minor"])
    assert {2} == set(door.tries.values())
    assert {1} == {len(bodies) for bodies in door.bodies.values()}


def test_retry_after_is_waited_for(door: FakeDoor, generator: Generator) -> None:
    def answers(attempt: int, receipt: Receipt) -> web.Response:
        if attempt == 1:
            return web.Response(status=503, headers={"Retry-After": "2"})
        return accept(attempt, receipt)

    door.answers = answers
    run = generator.run("burst", "--count", "5", "--to", door.url)

    assert (0, 5, {}, 0, 0) == run.fates
    assert 2.0 <= run.summary["seconds"] < 10.0


def test_a_refusal_is_final_counted_by_status_and_fails_the_run(
    door: FakeDoor, generator: Generator
) -> None:
    def answers(attempt: int, receipt: Receipt) -> web.Response:
        odd = isinstance(receipt.terminal_id, int) and receipt.terminal_id % 2
        return web.Response(status=422, text="totals") if odd else accept(attempt, receipt)

    door.answers = answers
    run = generator.run("burst", "--count", "100", "--to", door.url)
    refused = 100 - len(door.accepted)

    assert (1, 100 - refused, {"422": refused}, 0, 0) == run.fates
    assert 0 < refused < 100
    assert door.gross() == run.summary["accepted_gross_minor"]
    assert {1} == set(door.tries.values())
    assert "totals" in run.err


def test_no_answer_after_all_tries_is_a_loss_and_fails_the_run(
    door: FakeDoor, generator: Generator
) -> None:
    first: list[str] = []

    def answers(attempt: int, receipt: Receipt) -> web.Response | None:
        first.append(receipt_key(receipt))
        return None if receipt_key(receipt) == first[0] else accept(attempt, receipt)

    door.answers = answers
    run = generator.run("burst", "--count", "50", "--tries", "3", "--to", door.url)

    assert (1, 49, {}, 1, 0) == run.fates
    assert 3 == door.tries[first[0]]
    assert "lost                    1" in run.out


def test_a_door_that_stays_busy_breaks_a_burst_off(door: FakeDoor, generator: Generator) -> None:
    door.answers = lambda _attempt, _receipt: web.Response(status=503)
    run = generator.run(
        "burst", "--count", "500", "--concurrency", "20", "--patience", "1", "--to", door.url
    )

    assert (1, 0, {"503": 20}, 0, 480) == run.fates


def test_a_slow_answer_does_not_slow_the_shoppers_down(
    door: FakeDoor, generator: Generator
) -> None:
    slow = threading.Event()

    def answers(attempt: int, receipt: Receipt) -> web.Response:
        if attempt == 1:
            return web.Response(status=503, headers={"Retry-After": "1"})
        slow.set()
        return accept(attempt, receipt)

    door.answers = answers
    run = generator.run("steady", "--rate", "100", "--seconds", "1", "--to", door.url)

    assert (0, 100, {}, 0, 0) == run.fates
    # One after the other, a hundred waits of a second and more would take minutes.
    assert run.summary["seconds"] < 10.0


def test_a_door_that_hangs_does_not_hold_the_end_up_and_a_second_signal_shortens_it(
    door: FakeDoor, generator: Generator
) -> None:
    door.hold = True
    process = generator.start("steady", "--rate", "20", "--to", door.url)
    wait_until(lambda: len(door.tries) >= 3, 30, "three receipts on their way")
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)  # two signals that wait together are one
    process.send_signal(signal.SIGTERM)
    run = generator.end(process)

    assert (1, 0, {}, run.summary["sent"], 0) == run.fates
    # Process managers kill after ten seconds.
    assert DRAIN_SECONDS + LAST_ANSWERS_SECONDS < 9
    assert LAST_ANSWERS_SECONDS < time.monotonic() - started < DRAIN_SECONDS + LAST_ANSWERS_SECONDS
