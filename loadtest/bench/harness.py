"""The contract of a benchmark part: options in, the values of repeated rounds out.

A part is a module `loadtest/bench/<part>.py` with `run(options: Options) -> Result`. It warms
up, measures `options.rounds` rounds and adds each value to a `Result`; the command line adds the
machine, prints, and writes `loadtest/results/<part>-<commit>.json`.
"""

import importlib
import statistics
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

Better = Literal["higher", "lower"]

#: The parts, and how many rounds each has where nobody says; a round of growth takes minutes.
PARTS = {
    "door": 3,
    "ledger": 3,
    "archive": 3,
    "dashboard": 3,
    "generator": 3,
    "system": 3,
    "growth": 1,
    "pace": 3,
    "events": 3,
    "attribution": 3,
    "forecast": 3,
    "filters": 3,
    "imports": 3,
    "spark": 3,
}


class Options(NamedTuple):
    """How a part is run."""

    #: Measured rounds; a warm-up comes on top.
    rounds: int
    #: Sizes small enough to see in seconds that the part works; its figures mean nothing.
    quick: bool = False
    #: Also what takes many minutes more.
    long: bool = False

    def size(self, full: int, quick: int) -> int:
        """`full`, or `quick` for a quick run."""
        return quick if self.quick else full


class Measurement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure, its value of each round, and what it was to reach."""

    name: str
    unit: str
    values: list[float]
    better: Better
    target: float | None = None

    @property
    def median(self) -> float:
        """The middle value of the rounds."""
        return statistics.median(self.values)

    @property
    def spread(self) -> float:
        """(max - min) / median, as a share; 0 for a median of 0."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0

    @property
    def reached(self) -> bool | None:
        """Whether the median reaches the target; None without one."""
        if self.target is None:
            return None
        return self.median >= self.target if self.better == "higher" else self.median <= self.target


class Result(msgspec.Struct, omit_defaults=True):
    """What a part finds out, round by round."""

    measurements: list[Measurement] = []
    #: Sentences for the report: the method, what to keep in mind.
    notes: list[str] = []
    #: Versions of servers and peers, beside those of the Python packages.
    versions: dict[str, str] = {}

    def add(
        self, name: str, unit: str, value: float, better: Better, target: float | None = None
    ) -> None:
        """One round's value; the same name and unit is the same measurement."""
        for known in self.measurements:
            if (known.name, known.unit) == (name, unit):
                known.values.append(value)
                return
        self.measurements.append(
            Measurement(name=name, unit=unit, values=[value], better=better, target=target)
        )


def part(name: str) -> Callable[[Options], Result]:
    """The `run` of a part."""
    run: Callable[[Options], Result] = importlib.import_module(f"loadtest.bench.{name}").run
    return run
