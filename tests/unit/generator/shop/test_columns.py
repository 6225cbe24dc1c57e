"""Columns of lines that go past the door: what holds is kept, each line that does not is told."""

from collections import Counter
from pathlib import Path

import pytest

from generator.shop.columns import Columns
from generator.shop.events import NAMES
from tillstream.streams import columns, definitions_file, names

ROOT = Path(__file__).parents[4]
SHOP = definitions_file.load([ROOT / "streams"]).streams["shop"]
NOW = 1_800_000_000_000_000
GOOD = (
    b"2019-10-01 00:00:00 UTC,view,44600062,"
    b"2103807459595387724,,shiseido,35.79,541312140,72d76fde\n"
)


def test_columns_are_those_of_the_log() -> None:
    line = b"2019-10-01 00:00:01 UTC,purchase,1,,a.b,,12.5,,\n"
    checked = Columns(SHOP, NAMES).read(GOOD + line, NOW, b"0123456789abcdef")
    assert checked.events is not None
    rows = checked.events.to_pylist()

    assert [*columns.schema(SHOP).names, names.BODY] == checked.events.schema.names
    assert columns.schema(SHOP).types == checked.events.schema.types[:-1]
    assert [3579, 1250] == [row["price"] for row in rows]
    assert 1_569_888_001_000_000 == rows[1]["event_time"]
    assert ("purchase", None, None) == tuple(
        rows[1][name] for name in ("event_type", "brand", "user_session")
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD.replace(b"view", b"look"), "event_type: 'look' is not one of its values"),
        (GOOD.replace(b"35.79", b"35.791"), "a line is not as its header says"),
        (GOOD.replace(b"35.79", b"-1"), "price: not from 0 to 1000000000000000"),
        (GOOD.replace(b"44600062", b""), "product_id: required"),
        (GOOD.replace(b"44600062", b"99999999999999999999"), "a line is not as its header says"),
        (
            GOOD.replace(b"2019-10-01", b"2031-10-01"),
            f"event_time: not from 0 to {NOW + 86_400_000_000}",
        ),
        (GOOD.replace(b"72d76fde", b"x" * 65), "user_session: not from 0 to 64"),
        (GOOD.replace(b",view", b""), "a line is not as its header says"),
    ],
)
@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_bad_line_is_told_and_stops_no_other(line: bytes, reason: str, place: int) -> None:
    lines = [GOOD] * 7
    lines.insert(place, line)
    checked = Columns(SHOP, NAMES).read(b"".join(lines), NOW, b"0123456789abcdef")

    assert checked.events is not None
    assert (7, Counter([reason])) == (checked.events.num_rows, checked.refused)
