"""The state on disk: sales, what waits, counters, the outbox and the offset, in one transaction."""

from pathlib import Path
from typing import NamedTuple

from connectors.state.answers import Answers
from connectors.state.counters import Counters
from connectors.state.outbox import Outbox
from connectors.state.sales import Sales
from connectors.state.schema import CREATE, OLDEST, PRAGMAS, UPGRADE, VERSION
from connectors.state.state_errors import StateUnreadableError
from connectors.state.waiting import WaitingDeliveries
from tillstream.runtime.state_file import FileKind, StateFile


class Progress(NamedTuple):
    """How far the log of deliveries was taken."""

    next_offset: int | None = None
    #: Of the last message (tillstream/log/reader.py).
    last_digest: bytes | None = None
    #: When the newest delivery came, Unix microseconds.
    received_us: int = 0


_KIND = FileKind(
    VERSION,
    PRAGMAS,
    CREATE,
    damaged=StateUnreadableError,
    other=StateUnreadableError,
    oldest=OLDEST,
    upgrade=UPGRADE,
)


class State(StateFile):
    """One open state file. Nothing is durable before `commit`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """As StateFile; raises StateUnreadableError for a file that is no such state."""
        super().__init__(path, _KIND, create=create)
        self.sales = Sales(self.database)
        self.counters = Counters(self.database)
        self.waiting = WaitingDeliveries(self.database)
        self.outbox = Outbox(self.database)
        self.answers = Answers(self.database)

    def progress(self) -> Progress:
        """How far the log was taken, as of the last commit."""
        row = self.database.execute(
            "SELECT next_offset, last_digest, received_us FROM progress"
        ).fetchone()
        return Progress(*row) if row else Progress()

    def write_progress(self, progress: Progress) -> None:
        """Remember where to go on."""
        self.database.execute("INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?)", progress)
