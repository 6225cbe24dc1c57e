"""Adds and takes away doors and persistence workers by load, between bounds.

One decision for each kind, of what was seen twice a second and for how long. The first of each
kind always runs; the others are the supervisor's spare programs (docs/scaling.md).
"""

import contextlib
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from local.control import Control, Status
from local.loads import DoorLoad, Load, Look, WriterLoad
from local.programs import SPARE, Program
from local.settings import LocalSettings
from local.watch_urls import write_watch_urls

#: Between two looks, seconds.
LOOK_SECONDS = 0.5
#: From one change of a kind to its next at least, seconds: one that was added has to start.
COOL_SECONDS = 5.0

Change = Literal[-1, 0, 1]


class Times(NamedTuple):
    """For how long a load has to last, seconds."""

    up: float
    down: float


class Decision:
    """How many of one kind there should be; pure."""

    def __init__(self, times: Times, most: int) -> None:
        """`most` may run, one always does."""
        self._times = times
        self._most = most
        self._load: Load = "right"
        self._since = 0.0
        self._changed = -COOL_SECONDS

    def change(self, load: Load, running: int, now: float) -> Change:
        """What to do at `now` about `load`, with `running` of the kind."""
        if load != self._load:
            self._load, self._since = load, now
        if now - self._changed < COOL_SECONDS:
            return 0
        lasted = now - self._since
        if load == "high" and running < self._most and lasted >= self._times.up:
            return self._decided(1, now)
        if load == "low" and running > 1 and lasted >= self._times.down:
            return self._decided(-1, now)
        return 0

    def _decided(self, change: Change, now: float) -> Change:
        # What comes next is judged by what is seen from now on.
        self._load, self._changed = "right", now
        return change


class Kind(NamedTuple):
    """Programs that do the same: all names, the first always runs; and how to look at them."""

    what: str
    names: Sequence[str]
    look: Look
    decision: Decision


class Scaling:
    """The kinds of one system; used by one thread."""

    def __init__(
        self,
        control: Control,
        kinds: Sequence[Kind],
        say: Callable[[str], None],
        spares_changed: Callable[[Sequence[str]], None],
    ) -> None:
        """`spares_changed` is told the spare programs that run, after each change."""
        self._control = control
        self._kinds = kinds
        self._say = say
        self._spares_changed = spares_changed

    def look(self, now: float) -> None:
        """Look at each kind once, and change it by one at most; raises OSError."""
        statuses = self._control.statuses()
        up = [name for name, each in statuses.items() if each.state in ("RUNNING", "STARTING")]
        for kind in self._kinds:
            running = [name for name in kind.names if name in up]
            load, why = kind.look({name: statuses[name].pid for name in running}, now)
            change = kind.decision.change(load, len(running), now)
            if change > 0:
                name = next(name for name in kind.names if name not in up)
                up.append(name)
                self._control.start(name)
            elif change < 0:
                name = next(name for name in reversed(kind.names) if name in up)
                up.remove(name)
                # Those who watch it are told before it goes: it is not missed.
                self._tell(statuses, up)
                self._control.stop(name)
            else:
                continue
            self._tell(statuses, up)
            verb = "added" if change > 0 else "taken away"
            left = len(running) + change
            self._say(f"{name} is {verb}: {why}; {left} of at most {len(kind.names)} {kind.what}")

    def _tell(self, statuses: dict[str, Status], up: Sequence[str]) -> None:
        self._spares_changed([name for name in up if statuses[name].group == SPARE])


@contextmanager
def scaling(
    data_dir: Path,
    programs: Sequence[Program],
    environ: Mapping[str, str],
    settings: LocalSettings,
    say: Callable[[str], None],
) -> Iterator[None]:
    """Scale the system on `data_dir` as long as the block lasts, where it has spare programs."""
    if not any(program.group == SPARE for program in programs):
        yield
        return
    ended = threading.Event()

    def watch() -> None:
        with Control(data_dir) as control, contextlib.closing(writers):
            system = Scaling(control, kinds, say, told)
            while not ended.wait(LOOK_SECONDS):
                # A program that ends just now, or a supervisor that does: the next look tells.
                with contextlib.suppress(OSError, xmlrpc.client.Error):
                    system.look(time.monotonic())

    def told(spares: Sequence[str]) -> None:
        write_watch_urls(data_dir, programs, environ, spares)

    times = Times(settings.scale_up_seconds, settings.scale_down_seconds)
    writers = WriterLoad(environ["AMQP_URL"], watch_ports(programs))
    kinds = [
        kind
        for kind in (
            of_kind("doors", "entrypoint", programs, DoorLoad().look, times),
            of_kind("persistence workers", "persistence", programs, writers.look, times),
        )
        if len(kind.names) > 1
    ]
    # A thread: a broker or a worker that does not answer must not hold the end of the system,
    # and the system goes on where it fails.
    threading.Thread(target=watch, name="scaling", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def of_kind(what: str, first: str, programs: Sequence[Program], look: Look, times: Times) -> Kind:
    """The program `first` and its spare ones."""
    spares = [each.name for each in programs if each.group == SPARE]
    names = [first, *(name for name in spares if name.startswith(f"{first}-"))]
    return Kind(what, names, look, Decision(times, len(names)))


def watch_ports(programs: Sequence[Program]) -> dict[str, int]:
    """Where each program is watched that has a port for that, by its name."""
    ports = ((each.name, each.env.get("WATCH_PORT")) for each in programs)
    return {name: int(port) for name, port in ports if port}
