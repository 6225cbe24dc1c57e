"""The newest minutes of a window as sums of its rows."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tillstream.streams import definitions_file, window_sql
from tillstream.streams.definition import Definitions
from tillstream.streams.sliding_sums import NotSummableError, SlidingSums
from tillstream.streams.window_rows import microseconds, readable

DEFINITION = """
[stream]
name = "sales"
event_time = "sold_at"

[fields]
sold_at = { type = "timestamp", required = true }
source = { type = "text" }
price = { type = "decimal", scale = 2 }
buyer = { type = "text" }

[[window]]
name = "by_minute"
size = "1 min"
[window.keys]
source = "source"
[window.measures]
sales = "count(*)"
revenue = { sql = "sum(price)", read_as = "decimal", scale = 2 }
least = { sql = "min(price)", read_as = "decimal", scale = 2 }
newest = { sql = "max(sold_at)", read_as = "timestamp" }
[window.columns]
mean = "revenue / nullif(sales, 0)"

[[window]]
name = "by_hour"
size = "1 h"
[window.keys]
source = "source"
[window.measures]
sales = "count(*)"
revenue = { sql = "sum(price)", read_as = "decimal", scale = 2 }
least = { sql = "min(price)", read_as = "decimal", scale = 2 }
newest = { sql = "max(sold_at)", read_as = "timestamp" }

[[window]]
name = "of_users"
size = "1 min"
[window.measures]
users = "count(DISTINCT buyer)"

[[window]]
name = "with_hidden"
size = "1 min"
[window.measures]
sales = { sql = "count(*)", hidden = true }
revenue = "sum(price)"
[window.columns]
mean = "revenue / nullif(sales, 0)"
"""
HOUR = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Definitions:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "sales.toml").write_text(DEFINITION)
    return definitions_file.load([folder])


def test_minutes_add_up_to_what_the_hour_counts(definitions: Definitions) -> None:
    drawn = random.Random(7)
    start = microseconds(HOUR)
    events = pa.table(
        {
            "sold_at": [start + drawn.randrange(3_600_000_000) for _ in range(2_000)],
            "source": [drawn.choice(["ads", "mail", None]) for _ in range(2_000)],
            "price": pa.array(
                [drawn.choice([None, drawn.randrange(10**12)]) for _ in range(2_000)], pa.int64()
            ),
        }
    )

    minutes = _rows(definitions, "by_minute", events)
    found = SlidingSums(definitions.windows["by_minute"], 60).of(minutes)

    hour = _rows(definitions, "by_hour", events)
    names = ("source", "sales", "revenue", "least", "newest")
    assert sorted(({name: row[name] for name in names} for row in hour), key=_source) == [
        {name: row[name] for name in names} for row in found
    ]
    assert [int(row["revenue"] * 100) / row["sales"] for row in found] == [
        pytest.approx(row["mean"]) for row in found
    ]


def test_the_minutes_move_with_the_newest_row_and_no_row_of_the_future_moves_them(
    definitions: Definitions,
) -> None:
    sums = SlidingSums(definitions.windows["by_minute"], 60)
    minute = timedelta(minutes=1)

    replayed = sums.bounds(HOUR, HOUR + timedelta(days=7))
    future = sums.bounds(HOUR + timedelta(days=1), HOUR + timedelta(seconds=30))

    assert (HOUR - 59 * minute, HOUR + minute) == replayed
    assert (HOUR - 59 * minute, HOUR + minute) == future


@pytest.mark.parametrize(
    ("window", "minutes", "said"),
    [
        ("of_users", 60, "users of of_users counts distinct values, which do not add up"),
        ("with_hidden", 60, "mean of with_hidden is made of sales, which is hidden"),
        ("by_hour", 90, "a row of by_hour is 1:00:00 wide; 90 minutes are not whole rows"),
    ],
)
def test_what_does_not_add_up_is_refused_by_its_name(
    definitions: Definitions, window: str, minutes: int, said: str
) -> None:
    with pytest.raises(NotSummableError, match=said):
        SlidingSums(definitions.windows[window], minutes)


def test_of_no_rows_there_are_no_sums(definitions: Definitions) -> None:
    assert [] == SlidingSums(definitions.windows["by_minute"], 60).of([])


def _rows(definitions: Definitions, name: str, events: pa.Table) -> list[dict[str, Any]]:
    """Counted by the SQL of the window, as a row of its collection is read."""
    window = definitions.windows[name]
    with duckdb.connect() as connection:
        connection.register("sales", events)
        found = connection.execute(window_sql.partial(window, definitions.streams["sales"]))
        return [
            readable(
                window,
                start,
                [source],
                dict(zip(("sales", "revenue", "least", "newest", "mean"), row, strict=False)),
                revision=1,
                late=0,
                final=True,
            )
            for start, source, *row in found.fetchall()
        ]


def _source(row: dict[str, Any]) -> tuple[bool, str]:
    return row["source"] is not None, row["source"] or ""
