"""The loads as locust wants them: that of `--load`, and those that its page offers.

Not in the locustfile: locust takes every shape that it finds there.
"""

from collections.abc import Callable
from typing import Any

from locust import LoadTestShape, User
from locust.env import Environment

from loadtest import shapes


class Shape(LoadTestShape):
    """Users of one kind, as many as loadtest/shapes.py says of `load`."""

    def __init__(
        self, environment: Environment, load: str, kind: type[User], ended: Callable[[], int]
    ) -> None:
        """`ended` says how many receipts have had their last answer."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.runner = environment.runner
        self.load = load
        self._options: Any = environment.parsed_options
        self._kind = kind
        self._ended = ended
        self._achieved = shapes.Achieved()

    def tick(self) -> tuple[int, float, list[type[User]] | None] | None:
        """Users, users that start in a second, and their class; None ends the run."""
        options = self._options
        second: float = self.get_run_time()  # type: ignore[no-untyped-call]
        if self.load == "burst":
            want = shapes.burst(self._ended(), options.count)
        elif self.load == "ramp":
            achieved = self._achieved.tick(second, self._ended())
            want = shapes.ramp(second, achieved, options.most)
            if want is None:
                print(f"the ramp ends at {shapes.asked(second):,.0f}/s: {achieved:,.0f}/s achieved")
        elif self.load == "day":
            want = shapes.day(second, options.rate, options.seconds)
        else:
            want = shapes.steady(second, options.rate, options.seconds)
        return None if want is None else (want.users, want.spawn_rate, [self._kind])
