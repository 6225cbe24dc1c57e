"""Pictures of a result that has the same figures for several loads: one group of bars a load."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from loadtest.bench.harness import Result
from loadtest.bench.load_tables import PROCESS, loads, median, processes
from loadtest.bench.results import Record

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Told apart also without colour vision (Okabe and Ito).
COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#56b4e9",
    "#cc79a7",
    "#999999",
    "#f0e442",
    "#332288",
)
SIZE = {"width": 900, "height": 480}


class Bars(NamedTuple):
    """A picture: its title, the unit, what has a bar of its own; nothing for every process."""

    title: str
    unit: str
    whats: tuple[str, ...] = ()
    #: Whether the axis is logarithmic: for delays, of which some are a hundred times others.
    log: bool = False


PICTURES = {
    "system": (
        Bars("Receipts a second", "receipts/s", ("accepted", "counted", "stored")),
        Bars(
            "p99 from the POST, seconds",
            "s",
            ("POST to answer, p99", "POST to snapshot, p99", "POST to MongoDB, p99"),
            log=True,
        ),
        Bars("Cores by process", "cores"),
        Bars("Resident memory by process, MiB", "MiB"),
    ),
    "growth": (
        Bars("CPU of one receipt by process, us", "us"),
        Bars("Resident memory by process, MiB", "MiB"),
        Bars(
            "On disk, MiB",
            "MiB",
            ("ledger on disk", "MongoDB on disk", "RabbitMQ on disk"),
            log=True,
        ),
        Bars("From the POST, seconds", "s", ("POST to snapshot, p50", "POST to snapshot, p99")),
    ),
}


def draw(done: Record, folder: Path) -> list[tuple[str, Path]]:
    """The pictures of a part, the medians of a record: title and file of each."""
    return [
        (bars.title, _written(picture(done.result, bars), folder / f"{done.part}-{number}.svg"))
        for number, bars in enumerate(PICTURES[done.part])
    ]


def picture(result: Result, bars: Bars) -> "go.Figure":
    """One group of bars a load that has such a figure, or one stack of every process."""
    # Needed here alone, and slow to import.
    import plotly.graph_objects as go

    whats = bars.whats or tuple(PROCESS + name for name in processes(result, bars.unit))
    shown = [load for load in loads(result) if _has(result, load, whats, bars.unit)]
    traces: list[Any] = [
        go.Bar(
            name=what.removeprefix(PROCESS),
            x=shown,
            y=[median(result, load, what, bars.unit) for load in shown],
            marker_color=colour,
        )
        for what, colour in zip(whats, COLOURS * 2, strict=False)
    ]
    figure = go.Figure(traces)
    figure.update_layout(
        title={"text": bars.title, "y": 0.97, "yanchor": "top"},
        # What each process takes adds up; rates and delays stand beside each other.
        barmode="group" if bars.whats else "stack",
        template="plotly_white",
        font={"size": 14},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        margin={"l": 10, "r": 60, "t": 110, "b": 10},
    )
    figure.update_yaxes(automargin=True, type="log" if bars.log else "linear")
    figure.update_xaxes(automargin=True)
    return figure


def _written(figure: "go.Figure", file: Path) -> Path:
    figure.write_image(file, **SIZE)
    return file


def _has(result: Result, load: str, whats: Sequence[str], unit: str) -> bool:
    return any(median(result, load, what, unit) is not None for what in whats)
