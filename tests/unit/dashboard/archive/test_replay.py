"""The categories of a replayed day: the largest by name, the rest in one."""

from datetime import UTC, datetime
from typing import Any

from dashboard.archive.replay import ranked
from dashboard.state.frames import MAX_BARS, OTHER


def test_small_categories_are_summed_in_one_and_no_cent_is_lost() -> None:
    slot = datetime(2026, 11, 20, 8, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"_id": {"slot": slot, "category": f"c{n:02}"}, "gross": 1000 - n}
        for n in range(MAX_BARS + 3)
    ]

    names, sold = ranked(rows)

    assert [*(f"c{n:02}" for n in range(MAX_BARS)), OTHER] == names
    assert sum(1000 - n for n in range(MAX_BARS, MAX_BARS + 3)) == sold[-1][2]
    assert sum(row["gross"] for row in rows) == sum(gross for _, _, gross in sold)
