"""What became of refused rows: those that were sent again or dropped, in a file of its own.

No recount touches it: rows are known by position and row, which a recount does not change.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from events.quarantine.refused_rows import RowId
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder
from tillstream.runtime.owned_file import owned

MARKS = data_folder.QUARANTINE_MARKS
VERSION = 1

State = Literal["open", "replayed", "dropped"]

# A mark that is lost with the power is made again: the row is sent again and counts nothing twice.
_CREATE = f"""
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS marks (
    log_offset INTEGER NOT NULL,
    log_row INTEGER NOT NULL,
    state TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (log_offset, log_row)
) STRICT, WITHOUT ROWID;
PRAGMA user_version={VERSION};
"""


class MarksError(TillstreamError):
    """The file of marks cannot be used, or another command writes it."""


class Mark(NamedTuple):
    """What became of a row, and when, microseconds."""

    state: State
    at_us: int


class Marks(AbstractContextManager["Marks"]):
    """The marks of a data folder, open."""

    def __init__(self, data_dir: Path) -> None:
        """Raises MarksError."""
        self._path = data_dir / MARKS
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        try:
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise MarksError(f"{self._path} is of version {version}, not {VERSION}")
            if version == 0:
                self._database.executescript(_CREATE)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise MarksError(
                f"{self._path} cannot be read ({error}); it says which refused rows were sent"
                " again: without it all are listed as open, and none is counted twice"
            ) from error

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def of(self, row_id: RowId) -> Mark:
        """What became of a row."""
        found = self._database.execute(
            "SELECT state, at_us FROM marks WHERE log_offset = ? AND log_row = ?", row_id
        ).fetchone()
        return Mark(*found) if found else Mark("open", 0)

    def put(self, rows: Iterable[RowId], mark: Mark) -> None:
        """Say what became of rows."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(
            "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)", [(*each, *mark) for each in rows]
        )
        self._database.execute("COMMIT")

    def forget(self, before_us: int) -> None:
        """Remove marks that were made before: their rows are beyond the retention."""
        self._database.execute("DELETE FROM marks WHERE at_us < ?", (before_us,))


@contextmanager
def writing(data_dir: Path) -> Iterator[Marks]:
    """The marks, for the one command that may write them; raises MarksError for a second one."""
    with owned(data_dir / MARKS) as ours:
        if not ours:
            raise MarksError("another replay of refused rows is running; wait until it has ended")
        with Marks(data_dir) as marks:
            yield marks
