"""The contract of a benchmark part: options in, the values of repeated rounds out.

A part is a module `loadtest/bench/<part>.py` with `run(options: Options) -> Result`. It warms
up, measures `options.rounds` rounds, collects them in a `Series` and returns `series.result()`;
the command line adds the machine, prints, and writes `loadtest/results/<part>-<commit>.json`.
"""

import importlib
import statistics
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple

import msgspec

from tillstream.errors import TillstreamError

Better = Literal["higher", "lower"]

#: The parts; each is there once its module is.
PARTS = ("door", "ledger", "archive", "dashboard", "generator", "system", "growth")

#: Of a part that does not say another number as its own `ROUNDS`.
ROUNDS = 3


class UnknownPartError(TillstreamError):
    """A part that does not exist; `name` was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no part {name!r}; there are {', '.join(parts())}")


class Options(NamedTuple):
    """How a part is run."""

    #: Measured rounds; a warm-up comes on top.
    rounds: int = ROUNDS
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


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a part found out."""

    measurements: list[Measurement]
    #: Sentences for the report: the method, what to keep in mind.
    notes: list[str] = []
    #: Versions of servers and peers, beside those of the Python packages.
    versions: dict[str, str] = {}


class Series:
    """Collects values round by round; the same name and unit is the same measurement."""

    def __init__(self) -> None:
        self._measurements: dict[tuple[str, str], Measurement] = {}
        self.notes: list[str] = []
        self.versions: dict[str, str] = {}

    def add(
        self,
        name: str,
        unit: str,
        value: float,
        better: Better,
        target: float | None = None,
    ) -> None:
        """One round's value of `name`."""
        measurement = self._measurements.setdefault(
            (name, unit), Measurement(name=name, unit=unit, values=[], better=better, target=target)
        )
        measurement.values.append(value)

    def result(self) -> Result:
        """All that was collected, in the order of its first values."""
        return Result(
            measurements=list(self._measurements.values()),
            notes=self.notes,
            versions=self.versions,
        )


def parts() -> list[str]:
    """The names of the parts that are there."""
    folder = Path(__file__).parent
    return [name for name in PARTS if (folder / f"{name}.py").exists()]


def part(name: str) -> Callable[[Options], Result]:
    """The `run` of a part; raises UnknownPartError."""
    run: Callable[[Options], Result] = _module(name).run
    return run


def rounds(name: str) -> int:
    """How many rounds a part has where nobody says; raises UnknownPartError."""
    found: int = getattr(_module(name), "ROUNDS", ROUNDS)
    return found


def _module(name: str) -> ModuleType:
    if name not in parts():
        raise UnknownPartError(name)
    return importlib.import_module(f"loadtest.bench.{name}")
