"""Looks after a system that runs: says what is not ready, ends the wait when all of it is."""

import threading
from collections.abc import Sequence

from local.ends import Ends
from local.follow import Follower
from local.lock import HeldFolder
from local.supervisor import Condition, LateError, Supervisor

#: From the start until everything answers; a first start on a slow machine takes 60 s.
READY_SECONDS = 120
#: How often a running system is asked whether its supervisor lives.
WATCH_SECONDS = 0.5


class Watch:
    """What is late is told; it ends nothing: the door takes receipts without a dashboard."""

    def __init__(
        self, supervisor: Supervisor, held: HeldFolder, terminal: Follower, stop: threading.Event
    ) -> None:
        self._supervisor = supervisor
        self._held = held
        self._terminal = terminal
        self._stop = stop
        self._ends = Ends(supervisor.data_dir)

    def until_all(
        self, conditions: Sequence[Condition], ready_seconds: float = READY_SECONDS
    ) -> None:
        """Return when all hold, or when `stop` is set; after `ready_seconds` say what does not.

        Raises ServerNotReadyError for a program that cannot start, such as one whose port is taken,
        when that shows within `ready_seconds`.
        """
        try:
            self._supervisor.wait_for(conditions, ready_seconds)
        except LateError as late:
            self._terminal.say(f"{late}\nTillstream goes on without it, and waits for it")
            while not (self._stop.is_set() or all(one.holds() for one in conditions)):
                self.check()
                self._stop.wait(WATCH_SECONDS)

    def until_stop(self) -> None:
        """Return when `stop` is set."""
        while not self._stop.wait(WATCH_SECONDS):
            self.check()

    def check(self) -> None:
        """Say which programs ended and are started again; raise TillstreamError when supervisord
        itself has ended, or its folder is not there.
        """
        self._ends.say_to(self._terminal.say)
        self._supervisor.require_running()
        self._held.require_held()
