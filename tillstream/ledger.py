"""The totals worker's ledger of a data folder, as other rooms read it: SQLite, read only.

`analytics/ledger` writes it and makes its tables; a test holds both to what is read here. SQLite
in WAL mode lets any number of processes read beside the one that writes.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tillstream.identity import digest_of_key
from tillstream.runtime.data_folder import LEDGER

#: Longest wait for a file that is being replaced, seconds.
BUSY_SECONDS = 0.5


_REPEATS = "SELECT COALESCE(SUM(duplicates), 0), COALESCE(SUM(conflicts), 0) FROM progress"


class LedgerReader:
    """Asks the ledger of a data folder; each answer is None where there is none to ask."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LEDGER

    def has(self, key: str) -> bool | None:
        """Whether it has counted the receipt of this key, and remembers it."""
        question = "SELECT EXISTS (SELECT 1 FROM identities WHERE key = ?)"
        found = self._row(question, digest_of_key(key))
        return None if found is None else bool(found[0])

    def repeats(self) -> tuple[int, int] | None:
        """Duplicates and conflicts that it has counted."""
        row = self._row(
            "SELECT COALESCE(SUM(duplicates), 0), COALESCE(SUM(conflicts), 0) FROM progress"
        )
        return None if row is None else (int(row[0]), int(row[1]))

    def _row(self, question: str, *values: Any) -> tuple[Any, ...] | None:
        if not self._path.exists():
            return None
        try:
            with closing(read_only(self._path, BUSY_SECONDS)) as ledger:
                row: tuple[Any, ...] = ledger.execute(question, values).fetchone()
                return row
        except sqlite3.Error:
            # Being replaced, or of a version that has no such table.
            return None


def read_only(path: Path, busy_seconds: float = 5) -> sqlite3.Connection:
    """A SQLite file, to read; raises sqlite3.Error where there is none."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=busy_seconds)
