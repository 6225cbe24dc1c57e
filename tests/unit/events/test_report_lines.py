"""Which rows a report tells, and how."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from events.report.lines import Line, Lines
from tests.support.window_archive import declared


def row(**more: Any) -> dict[str, Any]:
    return {
        "window": {"start": datetime(2026, 11, 21, 8, tzinfo=UTC)},
        "product": "Pain",
        "value": Decimal("12.50"),
        "revision": 1,
        "late": 0,
        "final": False,
        **more,
    }


def test_each_revision_is_told_once_in_one_line(tmp_path: Path) -> None:
    lines = Lines(declared(tmp_path))
    told = [
        lines.line(each)
        for each in (
            row(),
            row(),
            row(revision=3),
            row(revision=2),
            # As it comes over the exchange.
            row(revision=3, window={"start": "2026-11-21T08:00:00Z"}),
            row(revision=3, final=True),
            row(revision=4, final=True),
            row(revision=5, final=True, late=2),
            row(product="Menu", revision=9, late=1),
        )
    ]

    assert [
        "new window",
        None,
        "window revised",
        None,
        None,
        "window final",
        "window revised, final",
        "window revised, late events, final",
        "window revised, late events",
    ] == [each and each.event for each in told]
    assert told[0] == Line(
        "new window",
        {
            "window": "order_hours",
            "window.start": "2026-11-21T08:00:00Z",
            "product": "Pain",
            "value": "12.50",
            "revision": 1,
            "late": 0,
            "final": False,
        },
    )
