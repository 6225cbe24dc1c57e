"""Prepared bodies of events: what is told of each is what its rows add up to."""

from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from loadtest.bench.event_bodies import ARROW, CSV, Figures, prepared
from tillstream.codec import NDJSON


def _rows(content_type: str, content: bytes) -> list[tuple[str, int]]:
    """The type and the cents of each event."""
    if content_type == CSV:
        cells = [line.decode().split(",") for line in content.splitlines()[1:]]
        return [(row[1], int(row[6].replace(".", ""))) for row in cells]
    if content_type == NDJSON:
        rows = [msgspec.json.decode(line) for line in content.splitlines()]
    else:
        rows = pa.ipc.open_stream(content).read_all().to_pylist()
    return [(row["event_type"], round(row["price"] * 100)) for row in rows]


@pytest.mark.parametrize("content_type", [CSV, NDJSON, ARROW])
def test_figures_of_a_body_are_those_of_its_rows(tmp_path: Path, content_type: str) -> None:
    bodies = prepared(tmp_path, 2, 500, content_type)
    found = [Figures(), Figures()]
    for place, body in enumerate(bodies):
        for kind, cents in _rows(content_type, body.content):
            sold = kind == "purchase"
            kinds = (kind == "view", kind == "cart", sold)
            found[place] = found[place].plus(Figures(1, *kinds, cents if sold else 0))

    assert found == [body.figures for body in bodies]
    assert [500, 500] == [body.figures.events for body in bodies]
