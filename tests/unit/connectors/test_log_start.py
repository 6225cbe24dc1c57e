"""Where the worker begins, and what of the log is gone is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from connectors.state.state_file import Progress, State
from connectors.worker.log_start import find_start
from tillstream.log.reader import LogMessage, Start


class FoundLog(NamedTuple):
    """A log from one offset on."""

    first: int | None

    def first_offset(self) -> int | None:
        return self.first

    def last_offset(self) -> int | None:
        return None if self.first is None else self.first + 10

    def message_from(self, offset: int) -> LogMessage | None:
        return None if self.first is None else LogMessage(max(offset, self.first), b"{}", None)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "state.sqlite3") as opened:
        yield opened


@pytest.mark.parametrize(
    ("taken", "first", "start", "told"),
    [
        (None, None, "first", []),
        (None, 0, "first", []),
        (None, 7, "first", ["the state is new, and the log of deliveries has lost its beginning"]),
        (3, 2, 3, []),
        (3, 7, 3, ["deliveries are gone that were not taken"]),
    ],
)
def test_what_is_gone_of_the_log_is_told_and_the_worker_goes_on(
    state: State, taken: int | None, first: int | None, start: Start, told: list[str]
) -> None:
    if taken is not None:
        state.write_progress(Progress(taken))

    with capture_logs() as lines:
        found = find_start(state, FoundLog(first))

    assert (start, told) == (found, [line["event"] for line in lines])
