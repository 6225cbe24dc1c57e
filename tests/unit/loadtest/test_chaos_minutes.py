"""A minute that was not run, or run twice, is told; one that may still be run is not."""

from collections.abc import Mapping, Sequence

import pytest

from loadtest.chaos.minutes import MinuteRun, differences

OK, AGAIN, SKIPPED = MinuteRun("ok", 1), MinuteRun("ok", 2), MinuteRun("skipped", 0)


@pytest.mark.parametrize(
    ("runs", "marks", "wrong"),
    [
        ({60: [OK], 120: [OK]}, {60: 1, 120: 1}, 0),
        ({60: [AGAIN], 120: [SKIPPED]}, {60: 2}, 0),
        ({60: [AGAIN], 120: [SKIPPED]}, {60: 1}, 0),
        ({60: [OK], 120: [OK], 240: [MinuteRun("running", 1)]}, {60: 1, 120: 1}, 0),
        ({60: [OK]}, {60: 1}, 1),
        ({60: [OK], 120: [OK]}, {60: 1, 120: 2}, 1),
        ({60: [OK], 120: [OK]}, {60: 1}, 1),
        ({60: [OK], 120: [SKIPPED]}, {60: 1, 120: 1}, 1),
        ({60: [OK, OK], 120: [OK]}, {60: 1, 120: 1}, 1),
        ({60: [OK], 120: [OK]}, {60: 1, 120: 1, 240: 1}, 1),
        ({60: [OK], 120: [MinuteRun("failed", 1)]}, {60: 1}, 1),
    ],
    ids=[
        "each once",
        "interrupted after it was done",
        "interrupted before",
        "under way",
        "never run",
        "done twice",
        "told and not done",
        "done and told as skipped",
        "two runs",
        "done and not told",
        "failed",
    ],
)
def test_every_difference_is_told(
    runs: Mapping[int, Sequence[MinuteRun]], marks: Mapping[int, int], wrong: int
) -> None:
    assert wrong == len(differences(30.0, 120.0 + 181.0, runs, marks))


@pytest.mark.parametrize(
    ("full", "wrong"),
    [((115.0, 125.0), 0), ((121.0, 125.0), 0), ((10.0, 119.0), 1), ((310.0, 315.0), 1)],
    ids=["over its minute", "soon after it", "before it", "long after it"],
)
def test_what_failed_while_the_disk_was_full_is_no_difference(
    full: tuple[float, float], wrong: int
) -> None:
    runs = {60: [OK], 120: [MinuteRun("failed", 1)]}
    assert wrong == len(differences(30.0, 120.0 + 181.0, runs, {60: 1}, [full]))
