"""An engine that counts in parts has the rows of one query; one that errs is told."""

import pyarrow as pa

from tests.support.event_streams import definitions, shop_events
from tests.support.window_engines import EngineRow, counted_at_once, differing

DECLARED = definitions()
SHOP, WINDOW = DECLARED.streams["shop"], DECLARED.windows["shop_metrics"]


def in_parts(parts: list[pa.RecordBatch]) -> list[EngineRow]:
    """All measures of this window add up."""
    merged: dict[int, dict[str, int]] = {}
    for part in parts:
        for (start, _), row in counted_at_once(pa.table(part), WINDOW, SHOP).items():
            into = merged.setdefault(start, dict.fromkeys(row, 0))
            for name, value in row.items():
                into[name] += value
    return [(start, (), row) for start, row in merged.items()]


def test_parts_that_are_merged_are_the_rows_of_one_query() -> None:
    events = shop_events(2_000)
    parts = [events.slice(begin, 300) for begin in range(0, 2_000, 300)]

    assert [] == differing(in_parts(parts), pa.table(events), WINDOW, SHOP)


def test_a_row_that_is_missing_wrong_or_twice_is_told() -> None:
    events = shop_events(2_000)
    first, second, third, *rest = in_parts([events])
    wrong = (second[0], (), second[2] | {"events": 0})

    assert 3 == len(differing([wrong, third, third, *rest], pa.table(events), WINDOW, SHOP))
    assert first[2] != wrong[2]
