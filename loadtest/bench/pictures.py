"""Pictures of a result: bars of the medians."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from loadtest.bench.harness import Measurement, Result
from loadtest.bench.load_tables import PROCESS, loads, median, processes
from loadtest.bench.results import Record, figure

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


class Bars(NamedTuple):
    """A picture: its title, the unit, what has a bar of its own; nothing for every process."""

    title: str
    unit: str
    whats: tuple[str, ...] = ()
    #: Whether the axis is logarithmic: for delays, of which some are a hundred times others.
    log: bool = False


PICTURES = {
    "pace": (
        Bars("Cores of all processes, by pace", "cores", ("200/s, all", "1,000/s, all")),
        Bars("Answer by pace, ms", "ms", ("lone, p50", "200/s, p99", "1,000/s, p99")),
    ),
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
    """Draw the pictures of a record: title and file of each."""
    drawn: list[tuple[str, Path]] = []
    for number, (title, drawing) in enumerate(_figures(done)):
        drawn.append((title, folder / f"{done.part}-{number}.svg"))
        drawing.write_image(drawn[-1][1])
    return drawn


def _figures(done: Record) -> "Iterator[tuple[str, go.Figure]]":
    """Those that PICTURES names; of any other part one for each unit of several measurements."""
    for bars in PICTURES.get(done.part, ()):
        yield bars.title, picture(done.result, bars)
    if done.part not in PICTURES:
        measured = done.result.measurements
        for unit, count in Counter(one.unit for one in measured).items():
            if count > 1:
                title = f"{done.part}: {unit}, median and range of the rounds"
                yield unit, _ranges(title, [one for one in measured if one.unit == unit])


def _ranges(title: str, measurements: list[Measurement]) -> "go.Figure":
    """A bar for each measurement, with the range of its rounds."""
    # Needed here alone, and slow to import.
    import plotly.graph_objects as go

    shown = measurements[::-1]  # plotly begins at the bottom
    middle = [one.median for one in shown]
    bars = go.Bar(
        x=middle,
        y=[one.name for one in shown],
        orientation="h",
        text=[figure(value) for value in middle],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(one.values) - one.median for one in shown],
            "arrayminus": [one.median - min(one.values) for one in shown],
        },
        marker_color="#b5651d",
    )
    layout = {"title": title, "template": "plotly_white", "height": 120 + 28 * len(shown)}
    margin = {"l": 10, "r": 30, "t": 50, "b": 30}
    return go.Figure(bars, {**layout, "width": 900, "margin": margin, "yaxis_automargin": True})


def picture(result: Result, bars: Bars) -> "go.Figure":
    """One group of bars a load that has such a figure, or one stack of every process."""
    # Needed here alone, and slow to import.
    import plotly.graph_objects as go

    whats = bars.whats or tuple(PROCESS + name for name in processes(result, bars.unit))
    shown = [
        load
        for load in loads(result)
        if any(median(result, load, what, bars.unit) is not None for what in whats)
    ]
    traces: list[Any] = [
        go.Bar(
            name=what.removeprefix(PROCESS),
            x=shown,
            y=[median(result, load, what, bars.unit) for load in shown],
            marker_color=colour,
        )
        for what, colour in zip(whats, COLOURS * 2, strict=False)
    ]
    drawn = go.Figure(traces)
    drawn.update_layout(
        width=900,
        height=480,
        title={"text": bars.title, "y": 0.97, "yanchor": "top"},
        # What each process takes adds up; rates and delays stand beside each other.
        barmode="group" if bars.whats else "stack",
        template="plotly_white",
        font={"size": 14},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        margin={"l": 10, "r": 60, "t": 110, "b": 10},
    )
    drawn.update_yaxes(automargin=True, type="log" if bars.log else "linear")
    drawn.update_xaxes(automargin=True)
    return drawn
