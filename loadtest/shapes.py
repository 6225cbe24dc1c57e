"""How many users there are when: pure functions of time, and of what the last step achieved."""

from collections import deque
from math import exp
from typing import NamedTuple

#: Requests per second of one steady user.
USER_RATE = 1.0
#: A ramp begins with so many receipts a second, adds as many at each step of so many seconds.
RAMP_STEP = 500.0
RAMP_STEP_SECONDS = 10.0
#: All users of a step have started after two seconds, and a tick, one a second, may be late.
RAMP_SETTLED_SECONDS = 7.0
RAMP_TICKS = 4
#: Requests per second of one user of a ramp.
RAMP_USER_RATE = 10.0
#: The system is saturated when it achieves less than this share of what is asked of it.
SATURATED_BELOW = 0.85
#: The daily rhythm: hour, width in hours, height.
PEAKS = ((8.2, 1.3, 0.8), (12.4, 0.9, 1.0), (17.8, 1.5, 0.7))
NIGHT = 0.02


class Want(NamedTuple):
    """How many users are to run, and how many may start in a second."""

    users: int
    spawn_rate: float


class Achieved:
    """The rate of the last ticks: what a step achieves does not hang on the steps before it."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[float, int]] = deque(maxlen=RAMP_TICKS)

    def tick(self, second: float, ended: int) -> float:
        """At `second` of the run so many receipts have ended; receipts a second."""
        if self._ticks and second < self._ticks[-1][0]:
            self._ticks.clear()  # another run
        self._ticks.append((second, ended))
        (since, before), (until, now) = self._ticks[0], self._ticks[-1]
        return (now - before) / (until - since) if until > since else 0.0


def asked(second: float) -> float:
    """Receipts a second that a ramp asks for."""
    return RAMP_STEP * (int(second / RAMP_STEP_SECONDS) + 1)


def steady(second: float, rate: float, seconds: float) -> Want | None:
    """`rate` receipts a second, from the start to `seconds`; None afterwards."""
    if second >= seconds:
        return None
    users = max(1, round(rate / USER_RATE))
    return Want(users, users)


def burst(sent: int, count: int, users: int = 64) -> Want | None:
    """All users at once until `count` receipts are sent; None afterwards."""
    return None if sent >= count else Want(users, users)


def day(second: float, rate: float, seconds: float) -> Want | None:
    """24 hours in `seconds`, with `rate` receipts a second at the highest peak."""
    if second >= seconds:
        return None
    hour = 24 * second / seconds
    bells = sum(height * exp(-(((hour - at) / width) ** 2) / 2) for at, width, height in PEAKS)
    users = max(1, round(rate * min(1.0, bells + NIGHT) / USER_RATE))
    return Want(users, users)


def ramp(second: float, achieved: float, most: float) -> Want | None:
    """RAMP_STEP more at each step until `most`; None once a whole step was not achieved.

    `achieved` is the rate of the last seconds, receipts a second.
    """
    wanted = asked(second)
    # The end of a step: its users have started, and its rate has settled.
    if second % RAMP_STEP_SECONDS > RAMP_SETTLED_SECONDS and achieved < SATURATED_BELOW * wanted:
        return None
    if wanted > most:
        return None
    users = round(wanted / RAMP_USER_RATE)
    return Want(users, users / 2)
