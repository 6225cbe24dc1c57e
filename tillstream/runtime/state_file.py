"""A room's state in one SQLite file: one writer, any number of readers.

WAL and `synchronous=FULL`: a commit survives a power cut, not only a kill
(docs/decisions/0007-ledger-in-sqlite.md).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, Self

import tenacity

from tillstream.errors import TillstreamError
from tillstream.runtime.savepoint import savepoint

#: What is raised for a file at a path, for a reason.
Unreadable = Callable[[Path, str], TillstreamError]


#: How long one waits for others that have the file, seconds.
BUSY_SECONDS = 10.0


class FileKind(NamedTuple):
    """What a file has to be to be opened."""

    version: int
    #: SQL for each connection, and SQL that makes a new file.
    pragmas: str
    create: str
    #: Of one that is damaged, and of one of another version or kind.
    damaged: Unreadable
    other: Unreadable
    #: The oldest version that `upgrade` brings to today's, in one transaction.
    oldest: int | None = None
    upgrade: Sequence[str] = ()
    cached_statements: int = 128


def _is_busy(error: BaseException) -> bool:
    busy = sqlite3.SQLITE_BUSY
    return isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == busy


class StateFile:
    """One open file. Nothing is durable before `commit`."""

    def __init__(
        self,
        path: Path,
        kind: FileKind,
        journal: Literal["WAL", "OFF"] = "WAL",
        *,
        create: bool = True,
    ) -> None:
        """Opens or creates; raises what `kind` says for a file that is none of it.

        Not to `create` raises sqlite3.OperationalError where there is none, as for a moment while
        a rebuilt one is adopted: what was made then would leave its journal to that one.

        Without a journal a file is of no use before it is committed and closed: for a new one that
        nobody knows yet.
        """
        self.path = path
        name: str | Path = path
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        else:
            name = f"{path.absolute().as_uri()}?mode=rw"
        self.database = sqlite3.connect(
            name,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            uri=not create,
            cached_statements=kind.cached_statements,
        )
        try:
            with damage_told(path, kind.damaged):
                #: Whether this made it.
                self.is_new = self._open(kind, journal)
        except BaseException:
            self.database.close()
            raise

    def _open(self, kind: FileKind, journal: str) -> bool:
        # Both as of one moment: another process may be making it.
        version, has_tables = self.database.execute(
            "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if kind.oldest is not None and kind.oldest <= version < kind.version:
            self._upgrade(kind)
        elif version not in (0, kind.version):
            raise kind.other(self.path, f"is of version {version}, not {kind.version}")
        if version == 0 and has_tables:
            raise kind.other(self.path, "is a database of something else")
        self._keep_journal(journal)
        self.database.executescript(kind.pragmas)
        return version == 0 and self._create(kind)

    @tenacity.retry(
        retry=tenacity.retry_if_exception(_is_busy),
        wait=tenacity.wait_random(0.005, 0.05),
        stop=tenacity.stop_after_delay(BUSY_SECONDS),
        reraise=True,
    )
    def _keep_journal(self, journal: str) -> None:
        # Of two that change it at one moment SQLite refuses one at once: they would wait for each
        # other.
        self.database.execute(f"PRAGMA journal_mode={journal}")

    def _create(self, kind: FileKind) -> bool:
        """Whether this made it: another process may have done so since."""
        try:
            self.database.executescript(kind.create)
        except sqlite3.OperationalError:
            self.rollback()
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            if version != kind.version:
                raise
            return False
        return True

    def _upgrade(self, kind: FileKind) -> None:
        self.begin()
        try:
            # Another process may have done it since.
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            for statement in kind.upgrade if version < kind.version else ():
                self.database.execute(statement)
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self.database.close()

    def begin(self) -> None:
        """Start a transaction that writes."""
        self.database.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything since `begin` durable, all or nothing."""
        self.database.execute("COMMIT")

    def rollback(self) -> None:
        """Forget everything since `begin`."""
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")

    def all_or_nothing(self) -> AbstractContextManager[None]:
        """A part of a transaction that is undone, alone, when it raises."""
        return savepoint(self.database)


@contextmanager
def damage_told(path: Path, damaged: Unreadable) -> Iterator[None]:
    """Raise `damaged` for what SQLite says of a damaged file, or of one that is none of its own."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise
        raise damaged(path, f"cannot be read ({error})") from error
