"""The whole system under faults: as a benchmark has it, set so that faults show."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtest.bench.private import System, running_system
from loadtest.chaos import clock

DATABASE = "tillstream"

#: Receipts that the door remembers: so few that most repetitions are met downstream.
REMEMBERED_RECEIPTS = 100
#: Processes of the door: with two, a parent that is killed could leave one behind.
DOORS = 2


@contextmanager
def system_for_faults() -> Iterator[System]:
    """Every server and room, ready; ended and removed afterwards.

    To be entered from the main thread. Raises ServerNotReady.
    """
    environ = {
        "MONGO_DATABASE": DATABASE,
        "REMEMBERED_RECEIPTS": str(REMEMBERED_RECEIPTS),
        "ENTRYPOINT_WORKERS": str(DOORS),
        "API_KEYS": "off",
        "REFUSE_RULES": "",
    }
    with tempfile.TemporaryDirectory(prefix="tillstream-chaos-") as folder:
        parent = Path(folder)
        clocks = {clock.PROGRAM: clock.environ(parent / "clock")}
        with running_system(environ=environ, program_environ=clocks, parent=parent) as system:
            yield system


def clock_file(system: System) -> Path:
    """What the totals worker's clock is set by."""
    return system.data_dir.parent / "clock"
