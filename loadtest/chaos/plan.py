"""Which faults a run injects, in which order: no I/O."""

import itertools
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

#: What is killed, by the name on the command line: the supervisor's name of the program.
PROGRAMS = {
    "entrypoint": "entrypoint",
    "totals": "totals",
    "rate": "rate",
    "persistence": "persistence",
    "events": "events",
    "connectors": "connectors",
    "jobs": "jobs",
    "dashboard": "dashboard",
    "broker": "rabbitmq",
    "mongo": "mongod",
}
HOWS = ("kill", "stop", "restart")

#: Faults of the broker that end no process: its memory alarm, its disk alarm.
ALARMS = ("alarm", "disk")
#: The totals worker's clock is 401 days ahead; the log's files are deleted while the broker is
#: away; another program takes all of the disk.
CLOCK, SEGMENTS, FULL = "clock", "segments", "full"
#: A fault of an operator: the archive's queue is no longer bound.
UNBIND = "unbind"

#: What else `all` has.
OTHER = (*ALARMS, CLOCK, SEGMENTS, FULL)
_WORDS = dict.fromkeys(ALARMS, "raise") | {
    CLOCK: "jump",
    SEGMENTS: "delete",
    FULL: "fill",
    UNBIND: "delete",
}

#: Bounds of how long something is frozen, unbound or alarmed, seconds.
SHORTEST_HOLD, LONGEST_HOLD = 3.0, 8.0


class Fault(NamedTuple):
    """One thing that goes wrong."""

    target: str
    #: `kill`, `stop` or `restart` of a program; another word for what is none.
    how: str
    #: How long a fault lasts that is lifted by us, seconds; 0 where it is over at once.
    hold: float = 0.0

    @property
    def name(self) -> str:
        """As the report has it."""
        return f"{self.target} {self.how}"


def faults(targets: Sequence[str], how: str, rounds: int, seed: int) -> list[Fault]:
    """One fault a round: each kind once in an order drawn from `seed`, then over again.

    `targets` are names of PROGRAMS, of other faults, or `all`, which is every one of them but
    UNBIND; `how` is one of HOWS or `all`.
    """
    random = Random(seed)
    if "all" in targets:
        targets = (*PROGRAMS, *OTHER)
    kinds = [kind for target in dict.fromkeys(targets) for kind in _kinds(target, how)]
    random.shuffle(kinds)
    chosen = itertools.islice(itertools.cycle(kinds), rounds)
    return [Fault(target, way, _hold(target, way, random)) for target, way in chosen]


def _kinds(target: str, how: str) -> list[tuple[str, str]]:
    if target in PROGRAMS:
        return [(target, each) for each in HOWS if how in (each, "all")]
    return [(target, _WORDS[target])]


def _hold(target: str, how: str, random: Random) -> float:
    if how in ("kill", "restart") or target == SEGMENTS:
        return 0.0
    return round(random.uniform(SHORTEST_HOLD, LONGEST_HOLD), 1)
