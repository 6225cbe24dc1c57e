"""The whole system under faults: as a benchmark has it, set so that faults show."""

from collections.abc import Iterator
from contextlib import contextmanager

from loadtest.bench.private import System, running_system

DATABASE = "tillstream"

#: Receipts that the door remembers: so few that most repetitions are met downstream.
REMEMBERED_RECEIPTS = 100


@contextmanager
def system_for_faults() -> Iterator[System]:
    """Every server and room, ready; ended and removed afterwards.

    To be entered from the main thread. Raises ServerNotReady.
    """
    environ = {
        "MONGO_DATABASE": DATABASE,
        "REMEMBERED_RECEIPTS": str(REMEMBERED_RECEIPTS),
        "API_KEYS": "off",
        "REFUSE_RULES": "",
    }
    with running_system(environ=environ) as system:
        yield system
