"""Only what nobody was promised is brought to the log; what was acknowledged stays lost."""

from typing import Any

import pytest

from loadtest.chaos.history import Verdict
from loadtest.chaos.log_lacking import days_to_bring, may_lack

DAY = "2026-11-29"
ALONE = {"key": f"{DAY} 12:00:01/1/1/7", "day": DAY, "store": "1", "received_at": ""}
FOUND: dict[str, Any] = {"archived_alone": 1, "alone": [ALONE], "alone_days": [DAY], "status": 1}


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict(uncounted=1, cents_off=590), True),
        (Verdict(uncounted=1), True),
        (Verdict(), False),
        (Verdict(cents_off=1), False),
        (Verdict(uncounted=1, missing=frozenset({"1/1/1"})), False),
        (Verdict(uncounted=1, double_counted=1), False),
        (Verdict(uncounted=1, unread=True), False),
        (Verdict(uncounted=1, events=("body 7 lost",)), False),
    ],
)
def test_nothing_else_may_be_wrong(verdict: Verdict, expected: bool) -> None:
    assert expected == may_lack(verdict)


@pytest.mark.parametrize(
    ("found", "acknowledged", "expected"),
    [
        (FOUND, {"another"}, [DAY]),
        (FOUND, {ALONE["key"]}, []),
        # One of them was promised: nothing is mended before it is told.
        (
            FOUND | {"archived_alone": 2, "alone": [ALONE, ALONE | {"key": "promised"}]},
            {"promised"},
            [],
        ),
        # Not all are named: nobody knows of the others.
        (FOUND | {"archived_alone": 101}, set(), []),
        ({"archived_alone": 0, "alone": [], "alone_days": [], "status": 1}, set(), []),
        ({"error": "the broker is away", "status": 69}, set(), []),
    ],
)
def test_what_was_acknowledged_stays_lost(
    found: dict[str, Any], acknowledged: set[str], expected: list[str]
) -> None:
    assert expected == days_to_bring(found, acknowledged)
