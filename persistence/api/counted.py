"""Whether the ledger has counted a receipt.

The ledger is a file of another room, and this reads one column of it: `identities.key`, the
16-byte BLAKE2b digest of a receipt's key. A test holds both rooms to that. SQLite in WAL mode
lets any number of processes read beside the one that writes.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from tillstream.identity import digest_of_key
from tillstream.runtime import data_folder

#: Longest wait for a file that is being replaced, seconds.
BUSY_SECONDS = 0.5


class CountedReceipts:
    """Asks the ledger of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / data_folder.LEDGER

    def has(self, key: str) -> bool | None:
        """Whether the ledger has this identity; None when there is no ledger to ask."""
        if not self._path.exists():
            return None
        uri = f"{self._path.resolve().as_uri()}?mode=ro"
        digest = digest_of_key(key)
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as ledger:
                found = ledger.execute("SELECT 1 FROM identities WHERE key = ?", (digest,))
                return found.fetchone() is not None
        except sqlite3.Error:
            # Being replaced, or of a version that has no such table.
            return None
