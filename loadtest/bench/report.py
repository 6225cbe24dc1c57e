"""Writes the newest results into docs/performance.md, between the markers of each part."""

import re
from pathlib import Path

from loadtest.bench import load_tables, pictures, results
from loadtest.bench.machine import ROOT
from loadtest.bench.results import Record, Table

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
        drawn = pictures.draw(done, images)
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
    rounds = "One round" if done.rounds == 1 else f"Medians of {done.rounds} rounds"
    versions = "".join(f", {name} {each}" for name, each in done.result.versions.items())
    speed = (
        f"; JSON receipts a second before the run: {here.speed.one:,.0f} by one process,"
        f" {here.speed.all:,.0f} by one on each core"
        if here.speed
        else ""
    )
    lines = [
        *(line for table in tables for line in (table, "")),
        f"{rounds}; commit {here.commit}{' with changes' if here.dirty else ''},"
        f" {here.date[:10]}; {here.cores} cores of {here.cpu}, {here.memory_mib / 1024:.0f} GiB,"
        f" Python {here.python}{versions}; load before the run"
        f" {here.load:g}{speed}.",
        "",
        *(f"- {note}" for note in done.result.notes),
    ]
    return "\n".join(lines) + ("\n\n" if done.result.notes else "\n")


def tables_of(done: Record, table: Table) -> list[str]:
    """The tables of a record, and sentences between them."""
    if done.part in load_tables.PARTS:
        return load_tables.tables(done, table)
    return [table(results.HEADS, results.rows(done.result), 2)]
