"""Writes the newest results into docs/performance.md, between the markers of each part."""

import re
from pathlib import Path

from loadtest.bench import load_tables, pictures, results
from loadtest.bench.machine import ROOT
from loadtest.bench.results import Record, Table
from loadtest.bench.speed import Speed

PAGE = ROOT / "docs" / "performance.md"
PICTURES = PAGE.parent / "images" / "performance"

#: A part whose markers are missing gets them at the end of the page.
MARKED = "<!-- bench:{part} -->\n{body}<!-- /bench:{part} -->\n"


def write(page: Path = PAGE, folder: Path = results.FOLDER, images: Path = PICTURES) -> Path:
    """Replace each part's tables and pictures by those of its newest result; the page."""
    text = page.read_text() if page.exists() else "# Performance\n"
    for part, done in results.newest(folder).items():
        images.mkdir(parents=True, exist_ok=True)
        for old in images.glob(f"{part}-*.svg"):
            old.unlink()
        drawn = draw(done, images)
        links = "".join(
            f"![{part}, {unit}]({file.relative_to(page.parent)})\n\n" for unit, file in drawn
        )
        text = placed(text, part, markdown(done) + links)
    page.write_text(text)
    return page


def placed(text: str, part: str, body: str) -> str:
    """`text` with `body` between the markers of `part`; what stands around them stays."""
    block = MARKED.format(part=part, body=body)
    pattern = re.compile(
        rf"^<!-- bench:{re.escape(part)} -->\n.*?^<!-- /bench:{re.escape(part)} -->\n",
        re.MULTILINE | re.DOTALL,
    )
    if pattern.search(text):
        return pattern.sub(lambda _: block, text, count=1)
    return f"{text.rstrip()}\n\n## {part.capitalize()}\n\n{block}"


def markdown(done: Record) -> str:
    """The tables of a record, what it ran on, and its notes."""
    here = done.machine
    tables = tables_of(done, results.markdown_table)
    lines = [
        *(line for table in tables for line in (table, "")),
        f"{_rounds(done.rounds)}; commit {here.commit}{' with changes' if here.dirty else ''},"
        f" {here.date[:10]}; {here.cores} cores of {here.cpu}, {here.memory_mib / 1024:.0f} GiB,"
        f" Python {here.python}{_versions(done)}; load before the run"
        f" {here.load:g}{_speed(here.speed)}.",
        "",
        *(f"- {note}" for note in done.result.notes),
    ]
    return "\n".join(lines) + ("\n\n" if done.result.notes else "\n")


def _speed(speed: Speed | None) -> str:
    if speed is None:
        return ""
    return (
        f"; JSON receipts a second before the run: {speed.one:,.0f} by one process,"
        f" {speed.all:,.0f} by one on each core"
    )


def tables_of(done: Record, table: Table) -> list[str]:
    """The tables of a record, and sentences between them."""
    if done.part in load_tables.PARTS:
        return load_tables.tables(done, table)
    return [table(results.HEADS, results.rows(done.result), 2)]


def draw(done: Record, folder: Path) -> list[tuple[str, Path]]:
    """Pictures of a record, what each shows and its file: bars of the medians by unit."""
    if done.part in load_tables.PARTS:
        return pictures.draw(done, folder)
    # Needed here alone, and slow to import.
    import plotly.graph_objects as go

    drawn: list[tuple[str, Path]] = []
    for number, unit in enumerate(dict.fromkeys(one.unit for one in done.result.measurements)):
        those = [one for one in done.result.measurements if one.unit == unit]
        if len(those) < 2:
            continue
        those.reverse()  # plotly begins at the bottom
        middle = [one.median for one in those]
        bars = go.Bar(
            x=middle,
            y=[one.name for one in those],
            orientation="h",
            text=[results.figure(value) for value in middle],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(one.values) - one.median for one in those],
                "arrayminus": [one.median - min(one.values) for one in those],
            },
            marker_color="#b5651d",
        )
        figure = go.Figure(bars)
        figure.update_layout(
            title=f"{done.part}: {unit}, median and range of the rounds",
            template="plotly_white",
            margin={"l": 10, "r": 30, "t": 50, "b": 30},
        )
        figure.update_yaxes(automargin=True)
        file = folder / f"{done.part}-{number}.svg"
        figure.write_image(file, width=900, height=120 + 28 * len(those))
        drawn.append((unit, file))
    return drawn


def _rounds(number: int) -> str:
    return "One round" if number == 1 else f"Medians of {number} rounds"


def _versions(done: Record) -> str:
    return "".join(f", {name} {version}" for name, version in done.result.versions.items())
