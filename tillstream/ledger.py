"""The totals worker's ledger of a data folder, as other rooms read it: SQLite, read only.

`analytics/ledger` writes it and makes its tables; a test holds both to what is read here. SQLite
in WAL mode lets any number of processes read beside the one that writes.

An identity is a record: the digests of a receipt's key and of its content. Those of open days
are rows of `identities`; those of closed days are in `identity_blocks`, sorted and some 160 to a
block. A block's id is the first eight bytes of its first record, so that the block which may have
a key is the last one whose id is not above the key's.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from tillstream.identity import digest_of_key
from tillstream.runtime.data_folder import LEDGER

T = TypeVar("T")

#: An identity as one record: the digest of its key, that of its content.
KEY_BYTES, CONTENT_BYTES = 16, 8
RECORD_BYTES = KEY_BYTES + CONTENT_BYTES
#: Records of a block: with them a page of SQLite (4 KB) is full.
BLOCK_RECORDS = 168

#: Raised when the tables change: what is older than OLDEST is rebuilt by `recount`.
VERSION = 8
#: The oldest version whose tables are brought to this one where they are, in a transaction.
OLDEST = 7

#: Longest wait for a file that is being replaced, seconds.
BUSY_SECONDS = 0.5

_ROW = "SELECT content FROM identities WHERE key = ?"
_REPEATS = "SELECT COALESCE(SUM(duplicates), 0), COALESCE(SUM(conflicts), 0) FROM progress"
_BLOCK = "SELECT records FROM identity_blocks WHERE id <= ? ORDER BY id DESC LIMIT 1"


def is_older(data_dir: Path) -> bool:
    """Whether the ledger of a data folder has to be counted again: an earlier version made it."""
    path = data_dir / LEDGER
    if not path.exists():
        return False
    try:
        with closing(read_only(path)) as ledger:
            (version,) = ledger.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        # Damaged: the totals worker says what to do.
        return False
    return 0 < int(version) < OLDEST


def block_id(key: bytes) -> int:
    """The id of the block that begins with a key."""
    return int.from_bytes(key[:8].ljust(8, b"\0"))


def content_in_rows(ledger: sqlite3.Connection, key: bytes) -> bytes | None:
    """The digest of the content that a key of an open day was counted with; None: it was not."""
    row: tuple[bytes] | None = ledger.execute(_ROW, (key,)).fetchone()
    return row and row[0]


def content_in_blocks(ledger: sqlite3.Connection, key: bytes) -> bytes | None:
    """The same of a closed day."""
    row = ledger.execute(_BLOCK, (block_id(key),)).fetchone()
    block = row[0] if row else b""
    at = block.find(key)
    while at >= 0 and at % RECORD_BYTES:  # not where a record begins
        at = block.find(key, at + 1)
    return None if at < 0 else block[at + KEY_BYTES : at + RECORD_BYTES]


class LedgerReader:
    """Asks the ledger of a data folder; each answer is None where there is none to ask."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LEDGER

    def has(self, key: str) -> bool | None:
        """Whether it has counted the receipt of this key, and remembers it."""
        digest = digest_of_key(key)
        return self._ask(
            lambda ledger: (
                (content_in_rows(ledger, digest) or content_in_blocks(ledger, digest)) is not None
            )
        )

    def repeats(self) -> tuple[int, int] | None:
        """Duplicates and conflicts that it has counted."""

        def summed(ledger: sqlite3.Connection) -> tuple[int, int]:
            row = ledger.execute(_REPEATS).fetchone()
            return int(row[0]), int(row[1])

        return self._ask(summed)

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T | None:
        if not self._path.exists():
            return None
        try:
            with closing(read_only(self._path, BUSY_SECONDS)) as ledger:
                return question(ledger)
        except sqlite3.Error:
            # Being replaced, or of a version that has no such table.
            return None


def read_only(path: Path, busy_seconds: float = 5) -> sqlite3.Connection:
    """A SQLite file, to read; raises sqlite3.Error where there is none."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=busy_seconds)
