"""Prepared bodies of events: what is told of each is what its rows add up to."""

from pathlib import Path

import msgspec
import pytest

from loadtest.bench.event_bodies import CSV, Figures, prepared
from tillstream.codec import NDJSON


@pytest.mark.parametrize("content_type", [CSV, NDJSON])
def test_figures_of_a_body_are_those_of_its_rows(tmp_path: Path, content_type: str) -> None:
    bodies = prepared(tmp_path, 2, 500, content_type)
    found = [Figures(), Figures()]
    for place, body in enumerate(bodies):
        lines = body.content.splitlines()
        rows = (
            [line.split(b",") for line in lines[1:]]
            if content_type == CSV
            else [
                [b"", row["event_type"].encode(), *[b""] * 4, f"{row['price']:.2f}".encode()]
                for row in map(msgspec.json.decode, lines)
            ]
        )
        for row in rows:
            sold = row[1] == b"purchase"
            found[place] = found[place].plus(
                Figures(
                    *(1, row[1] == b"view", row[1] == b"cart", sold),
                    int(row[6].replace(b".", b"")) if sold else 0,
                )
            )

    assert found == [body.figures for body in bodies]
    assert [500, 500] == [body.figures.events for body in bodies]
