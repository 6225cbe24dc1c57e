"""Runs programs under supervisord: start, wait until they are ready, end all of them."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

from local import processes
from local.control import Control
from local.programs import Program, config_text, log_file, socket_file
from local.settings import ROOT
from tillstream.errors import ServerNotReadyError, TillstreamError
from tillstream.runtime.parentage import ends_with_its_parent
from tillstream.runtime.process import EX_CONFIG, EX_PORT_TAKEN

#: Seconds for everything to end after SIGTERM; what is left then is killed.
STOP_SECONDS = 30
POLL_SECONDS = 0.1
#: Lines of a program's log that go into the message when it is not ready.
TAIL_LINES = 15


class Condition(NamedTuple):
    """Something that must become true: of which program, and what is asked again and again."""

    program: str
    what: str
    holds: Callable[[], bool]
    #: What was found instead, for a message; empty where that says nothing.
    found: Callable[[], str] = str


class LateError(ServerNotReadyError):
    """Something is not ready at its deadline; everything goes on running."""


class Supervisor:
    """A supervisord of our own with its data under `data_dir`; use it in a `with`.

    The data folder has to be the caller's alone (`local.lock`). It must be
    started from a thread that lives as long as the programs shall, such as the main one:
    Linux ends them when their parent thread ends.
    """

    def __init__(
        self,
        data_dir: Path,
        programs: Sequence[Program],
        environ: Mapping[str, str] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """`environ` is what every program gets; `stop`, once set, ends every wait."""
        self.data_dir = data_dir
        self.programs = tuple(programs)
        self._environ = dict(os.environ if environ is None else environ)
        self._stop = stop or threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        data_dir.mkdir(parents=True, exist_ok=True)
        self.control = Control(data_dir)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of supervisord, the parent of every program."""
        if self._process is None:
            raise TillstreamError("the supervisor does not run")
        return self._process.pid

    def start(self) -> None:
        """Start supervisord and the servers; the other programs wait for `start_rooms`."""
        log_file(self.data_dir, "").parent.mkdir(exist_ok=True)
        config = self.data_dir / "supervisord.conf"
        config.write_text(config_text(self.data_dir, self.programs))
        # Only this run's log tells about this run.
        log_file(self.data_dir, "supervisord").write_text("")
        # A killed supervisord leaves its socket behind.
        socket_file(self.data_dir).unlink(missing_ok=True)
        with log_file(self.data_dir, "supervisord.output").open("w") as output:
            self._process = subprocess.Popen(
                [
                    *ends_with_its_parent("TERM", os.getpid()),
                    *(sys.executable, "-m", "local.supervisord"),
                    *("-n", "-c", str(config)),
                ],
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in a terminal is ours: supervisord ends by our SIGTERM, in order.
                process_group=0,
            )
        answers = Condition("supervisord.output", "the supervisor's socket", self._answers)
        self.wait_for([answers], timeout_seconds=15)

    def start_rooms(self) -> None:
        """Start every program that is neither a server nor spare."""
        for status in self.control.statuses().values():
            if status.state == "STOPPED" and not status.is_kept_back:
                self.control.start(status.name)

    def wait_for(self, conditions: Sequence[Condition], timeout_seconds: float) -> None:
        """Return when every condition holds at one time, or when `stop` is set.

        Raises LateError at the deadline, and ServerNotReadyError at the end of supervisord and
        for a program that cannot start, with the last lines of the program's log.
        """
        deadline = time.monotonic() + timeout_seconds
        pending = list(conditions)
        while not self._stop.is_set():
            pending = [condition for condition in pending if not condition.holds()]
            # What held before may have ended while the last was waited for.
            pending = pending or [one for one in conditions if not one.holds()]
            if not pending:
                return
            self.require_running()
            self._require_start()
            if time.monotonic() > deadline:
                raise self._late(pending, timeout_seconds)
            self._stop.wait(POLL_SECONDS)

    def require_running(self) -> None:
        """Raise ServerNotReadyError when supervisord has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise ServerNotReadyError("the supervisor has ended" + self._tail("supervisord.output"))

    def stop(self) -> None:
        """End every program and supervisord; nothing of the tree is left when this returns."""
        self.control.close()
        if self._process is not None:
            left = processes.descendants(self._process.pid)
            deadline = time.monotonic() + STOP_SECONDS
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                left += processes.descendants(self._process.pid)
                self._process.kill()
                self._process.wait(timeout=5)
                deadline = 0
            # Helpers of Erlang end a moment after it, and are nobody's children then.
            while any(map(processes.is_alive, left)) and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS / 5)
            for process in left:
                processes.kill(process)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.control.statuses()
        except OSError:
            return False
        return True

    def _require_start(self) -> None:
        # supervisord forgets the status of a program that ended within a second; its log does not.
        log = log_file(self.data_dir, "supervisord")
        statuses = f"{EX_CONFIG}|{EX_PORT_TAKEN}"
        found = re.search(rf"exited: (\S+) \(exit status ({statuses});", log.read_text())
        if not found:
            return
        if found[2] == str(EX_PORT_TAKEN):
            raise ServerNotReadyError(f"{found[1]} does not start: {self._last_error(found[1])}")
        raise ServerNotReadyError(f"{found[1]} does not start" + self._tail(found[1]))

    def _late(self, pending: Sequence[Condition], seconds: float) -> LateError:
        first = pending[0]
        names = ", ".join(dict.fromkeys(condition.program for condition in pending))
        found = first.found()
        return LateError(
            f"not ready after {seconds:.0f} s: {names}; {first.what} was waited for"
            + (f", which says: {found}" if found else self._tail(first.program))
        )

    def _last_error(self, name: str) -> str:
        lines = log_file(self.data_dir, name).read_text(errors="replace").splitlines()
        errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
        return errors[-1] if errors else "another program has its port"

    def _tail(self, name: str) -> str:
        file = log_file(self.data_dir, name)
        if not file.exists():
            return ""
        lines = file.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        text = "".join(f"\n    {line}" for line in lines)
        return f"; last lines of {file}:{text or ' (empty)'}"
