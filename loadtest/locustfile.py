"""Load on the door: steady and burst users; every run ends with its reconciliation.

script/load steady|burst|ramp|day    one load, headless
script/load web                      the same loads, or users by hand, on the page of locust
"""

import logging
import time
from typing import Any
from zoneinfo import ZoneInfo

from locust import FastHttpUser, User, constant_throughput, events, task
from locust.env import Environment

from loadtest import locust_shapes, shapes
from loadtest.accounts import Books, Figures, Reconciliation
from loadtest.receipt_pool import Posting, ReceiptPool
from loadtest.system_reader import SystemReader, data_folder, urls
from tillstream.errors import ServerNotReadyError, TillstreamError
from tillstream.http.retryable import RETRYABLE

#: How often a receipt is sent, at most.
TRIES = 10


class Run:
    """What one run sends, and the books before it; greenlets share it, nothing is torn."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last run."""
        self.before: Books | None = None
        self.supply: ReceiptPool | None = None
        self.sent = 0
        self.accepted = Figures()
        self.lost = 0
        #: How many receipts there are to send, None for no end.
        self.limit: int | None = None


run = Run()


class Till(FastHttpUser):
    """Posts receipts one after the other, each until it is accepted."""

    abstract = True
    network_timeout = 30.0
    connection_timeout = 10.0

    @task
    def sell(self) -> None:
        """One receipt, unless the run has sent all of its own."""
        if run.supply is None or run.sent == run.limit:
            return
        run.sent += 1
        self._deliver(run.supply.take(ahead=run.limit is None))

    def _deliver(self, posting: Posting) -> None:
        for _ in range(TRIES):
            with self.client.post(
                "/receipt",
                data=posting.body,  # type: ignore[arg-type]  # bytes are sent as they are
                headers={"Content-Type": "application/json"},
                catch_response=True,
            ) as response:
                if response.status_code == 202:
                    run.accepted = run.accepted.plus(Figures(1, posting.gross))
                    response.success()
                    return
                response.failure(f"{response.status_code}")
                if response.status_code not in (0, *RETRYABLE):
                    return
                after = (response.headers or {}).get("Retry-After", "1")
            # locust has made it a pause of this user alone.
            time.sleep(float(after) if after.isdecimal() else 1.0)
        run.lost += 1


class SteadyUser(Till):
    """One receipt a second, however long the answers take."""

    wait_time = constant_throughput(shapes.USER_RATE)


class RampUser(Till):
    """Ten receipts a second, as long as the answers allow."""

    wait_time = constant_throughput(shapes.RAMP_USER_RATE)


class BurstUser(Till):
    """The next receipt as soon as the last one is answered."""


#: The users of each load.
LOADS: dict[str, type[User]] = {
    "steady": SteadyUser,
    "burst": BurstUser,
    "ramp": RampUser,
    "day": SteadyUser,
}


def add_options(parser: Any) -> None:
    """Options of ours beside those of locust."""
    add = parser.add_argument
    # On the page it is one of the shapes.
    add("--load", choices=LOADS, include_in_web_ui=False, help="which load")
    add("--rate", type=float, default=7.0, help="steady, day: receipts a second")
    add("--seconds", type=float, default=60.0, help="steady, day: how long")
    add("--count", type=int, default=10_000, help="burst: how many receipts")
    add("--catch-up", type=float, default=120.0, help="seconds until all is counted and stored")
    add("--most", type=float, default=10_000.0, help="ramp: receipts a second, at most")


def choose(environment: Environment, **_: Any) -> None:
    """With `--load` the users come and go by its shape; the page offers every load."""
    options: Any = environment.parsed_options
    found = {
        load: locust_shapes.Shape(environment, load, kind, lambda: run.accepted.receipts + run.lost)
        for load, kind in LOADS.items()
    }
    environment.available_shape_classes = {load.capitalize(): it for load, it in found.items()}
    if options.load:
        environment.shape_class = found[options.load]


def open_books(environment: Environment, **_: Any) -> None:
    """Note what is counted and stored before the first receipt."""
    # The page of locust may start several runs, one after the other.
    run.reset()
    options: Any = environment.parsed_options
    try:
        with SystemReader(*urls()) as reader:
            run.before, zone = reader.books()
    except (TillstreamError, OSError) as error:
        fail(environment, f"NOT RECONCILED: {error}")
        if environment.runner is not None:
            environment.runner.quit()
        return
    supply = ReceiptPool(data_folder(), ZoneInfo(zone))
    shape = environment.shape_class
    if isinstance(shape, locust_shapes.Shape) and shape.load == "burst":
        run.limit = options.count
    supply.fill(run.limit or 1)
    run.supply = supply


def close_books(environment: Environment, **_: Any) -> None:
    """Compare what was accepted with what came on top; the run fails when they differ."""
    before, accepted, lost = run.before, run.accepted, run.lost
    if run.supply is not None:
        run.supply.close()
    # The next run of the page asks its shape before it opens the books.
    run.reset()
    if before is None:
        return
    options: Any = environment.parsed_options
    try:
        with SystemReader(*urls()) as reader:
            after = reader.books_once(before.expected(accepted), options.catch_up)
    except (ServerNotReadyError, OSError) as error:
        fail(environment, f"NOT RECONCILED: {error}")
        return
    done = Reconciliation(before, after, accepted, lost)
    if done.holds:
        # Of several runs of the page all have to hold.
        environment.process_exit_code = environment.process_exit_code or 0
        say(environment, done.as_text())
    else:
        fail(environment, done.as_text())


def fail(environment: Environment, text: str) -> None:
    """Say why, and end with status 1."""
    environment.process_exit_code = 1
    say(environment, text)


def say(environment: Environment, text: str) -> None:
    """On the terminal, and on the page under its logs."""
    print(text, flush=True)
    if environment.web_ui is not None:
        logging.getLogger(__name__).info(text)


hooks: Any = events  # locust says nothing of their types
hooks.init_command_line_parser.add_listener(add_options)
hooks.init.add_listener(choose)
hooks.test_start.add_listener(open_books)
hooks.test_stop.add_listener(close_books)
