"""Results on disk and as tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from loadtest.bench.harness import Measurement, Result
from loadtest.bench.machine import ROOT, Machine
from tillstream.errors import TillstreamError

FOLDER = ROOT / "loadtest" / "results"

#: Makes a table of heads, cells, and how many columns stand to the left.
Table = Callable[[Sequence[str], Sequence[Sequence[str]], int], str]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A result with its circumstances: what a file holds."""

    part: str
    rounds: int
    quick: bool
    machine: Machine
    result: Result


def write(done: Record, folder: Path = FOLDER) -> Path:
    """Keep a record as `<part>-<commit>.json`; a quick one as `<part>-quick.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{done.part}-{'quick' if done.quick else done.machine.commit}.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(done)) + b"\n")
    return file


def read(name: str, folder: Path = FOLDER) -> Record:
    """The record of a file, or of its name without folder and ending; raises TillstreamError."""
    for file in (Path(name), folder / name, folder / f"{name}.json"):
        if file.is_file():
            return msgspec.json.decode(file.read_bytes(), type=Record)
    raise TillstreamError(f"no result {name!r}: give a file, or PART-COMMIT of {FOLDER.name}/")


def newest(folder: Path = FOLDER) -> dict[str, Record]:
    """The newest record of each part, without the quick ones."""
    found: dict[str, Record] = {}
    for file in folder.glob("*.json"):
        one = msgspec.json.decode(file.read_bytes(), type=Record)
        before = found.get(one.part)
        if not one.quick and (before is None or before.machine.date < one.machine.date):
            found[one.part] = one
    return dict(sorted(found.items()))


#: A row for each measurement; the heads of `rows`.
HEADS = ("measurement", "unit", "median", "min", "max", "spread", "target")


def rows(result: Result) -> list[tuple[str, ...]]:
    """The cells of HEADS for each measurement."""
    return [
        (
            one.name,
            one.unit,
            figure(one.median),
            figure(min(one.values)),
            figure(max(one.values)),
            f"{one.spread:.0%}",
            target(one),
        )
        for one in result.measurements
    ]


def compared(one: Record, other: Record) -> list[tuple[str, ...]]:
    """Medians of what both have, the second as a multiple of the first, and what it is.

    `noise` is a difference within the rounds: their ranges overlap.
    """
    others = {(one.name, one.unit): one for one in other.result.measurements}
    found: list[tuple[str, ...]] = []
    for first in one.result.measurements:
        second = others.get((first.name, first.unit))
        if second is None:
            continue
        medians = (figure(first.median), figure(second.median))
        ratio = f"x {second.median / first.median:.2f}" if first.median else ""
        verdict = _verdict(first, second)
        found.append((first.name, first.unit, *medians, ratio, verdict))
    return found


def figure(value: float) -> str:
    """A number with three significant digits at least: 12,345, 123, 12.3, 1.23, 0.0123."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def markdown_table(heads: Sequence[str], cells: Sequence[Sequence[str]], left: int = 2) -> str:
    """A table for a page; the first `left` columns to the left, the others to the right."""
    ruler = "|" + "---|" * left + "---:|" * (len(heads) - left)
    head, *rows = (f"| {' | '.join(row)} |" for row in (heads, *cells))
    return "\n".join((head, ruler, *rows))


def target(one: Measurement) -> str:
    """What a measurement was to reach and whether it did; empty without a target."""
    if one.target is None:
        return ""
    sign = ">=" if one.better == "higher" else "<="
    return f"{sign} {figure(one.target)} {'reached' if one.reached else 'MISSED'}"


def _verdict(first: Measurement, second: Measurement) -> str:
    if second.median == first.median:
        return "same"
    if max(min(first.values), min(second.values)) <= min(max(first.values), max(second.values)):
        return "noise"
    higher = second.median > first.median
    return "better" if higher == (first.better == "higher") else "worse"
