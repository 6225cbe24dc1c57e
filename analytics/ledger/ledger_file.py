"""The ledger on disk: totals, identities, tills and the log offset, in one transaction."""

from collections.abc import Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec.structs import astuple

from analytics.counting.folds import Totals
from analytics.counting.isolation import SetAside
from analytics.counting.tills import Till, Tills
from analytics.ledger.figures_journal import FiguresJournal
from analytics.ledger.identities import Identities
from analytics.ledger.ledger_errors import (
    LedgerUnreadableError,
    OtherCalendarError,
    OtherVersionError,
)
from analytics.ledger.progress import Position as Position
from analytics.ledger.progress import Progress as Progress
from analytics.ledger.schema import CREATE, PRAGMAS, UPGRADE
from analytics.ledger.store_days import StoreDays
from tillstream.currency_day import CurrencyDay, currency_day
from tillstream.day_figures import Figures
from tillstream.ledger import OLDEST, VERSION
from tillstream.runtime.state_file import FileKind, StateFile
from tillstream.snapshots import UncountedReason

#: Reasons that are told apart, and characters of each.
MAX_REASONS = 12
TOLD_CHARACTERS = 160

_encoder = msgspec.msgpack.Encoder()
_till_decoder = msgspec.msgpack.Decoder(Till)
#: The fact that has the positions of the partitions after the first.
FURTHER = "partitions"


_further_decoder = msgspec.msgpack.Decoder(tuple[Position, ...])


_KIND = FileKind(
    VERSION,
    PRAGMAS,
    CREATE,
    damaged=LedgerUnreadableError,
    other=OtherVersionError,
    oldest=OLDEST,
    upgrade=UPGRADE,
)


class Ledger(StateFile):
    """One open ledger. Nothing is durable before `commit`."""

    def __init__(
        self, path: Path, journal: Literal["WAL", "OFF"] = "WAL", *, create: bool = True
    ) -> None:
        """As StateFile; raises LedgerUnreadableError for a file that is no such ledger."""
        super().__init__(path, _KIND, journal, create=create)
        if self.is_new:
            self.write_fact("id", uuid4().hex)
        self._has_further = self.fact(FURTHER) is not None
        self.identities = Identities(self.database)
        self.store_days = StoreDays(self.database)
        self.figures_journal = FiguresJournal(self.database)

    def begin_reading(self) -> None:
        """Start a transaction that sees one state of the file, whatever is written meanwhile."""
        self.database.execute("BEGIN")
        self.progress()

    def require_calendar(self, calendar: str) -> None:
        """Raise OtherCalendarError when the figures are of another calendar; else keep it."""
        kept = self.fact("calendar")
        if kept is None:
            self.write_fact("calendar", calendar)
        elif kept != calendar:
            raise OtherCalendarError(
                self.path,
                f"was made with {kept}, the settings here say {calendar}: set STORE_TIMEZONE,"
                " BUSINESS_DAY_CUTOFF_HOUR and STORES_FILE as they were (`script/run` does so for"
                " the running system), or, if the calendar was changed on purpose",
            )

    def fact(self, name: str) -> Any:
        """What is known under a name."""
        row = self.database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def write_fact(self, name: str, value: str | int | bytes) -> None:
        """Keep it in the place of what was known."""
        self.database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def progress(self) -> Progress:
        """How far the log was counted, as of the last commit."""
        row = self.database.execute(
            "SELECT next_offset, duplicates, conflicts, undecodable, set_aside, last_digest,"
            " log_epoch FROM progress"
        ).fetchone()
        if not row:
            return Progress()
        kept = self.fact(FURTHER)
        return Progress(*row)._replace(further=_further_decoder.decode(kept) if kept else ())

    def write_progress(self, progress: Progress) -> None:
        """Remember where to go on."""
        self.database.execute(
            "INSERT OR REPLACE INTO progress VALUES (1, ?, ?, ?, ?, ?, ?, ?)", progress[:-1]
        )
        if progress.further or self._has_further:
            self._has_further = True
            self.write_fact(FURTHER, _encoder.encode(progress.further))

    def disputed(self) -> dict[bytes, bytes]:
        """Identities that came with other contents as well: the digest of what each counted as."""
        keys = self.database.execute("SELECT DISTINCT key FROM conflicts")
        return self.identities.known([key for (key,) in keys])

    def add_conflict(self, offset: int, key: bytes, receipt: bytes) -> None:
        """Keep a receipt whose identity is taken, as it came."""
        self.database.execute("INSERT INTO conflicts VALUES (?, ?, ?)", (offset, key, receipt))

    def conflicts(self) -> list[tuple[int, bytes, bytes]]:
        """Every conflicting receipt: offset, key, the receipt as it came."""
        return self.database.execute("SELECT log_offset, key, receipt FROM conflicts").fetchall()

    def add_aside(self, one: SetAside) -> None:
        """Keep a receipt that is not counted, and why."""
        self.database.execute("INSERT INTO aside VALUES (?, ?, ?, ?, ?, ?)", one)

    def aside(self) -> list[SetAside]:
        """Every receipt that was not counted because that is impossible, in their order."""
        found = self.database.execute("SELECT * FROM aside ORDER BY rowid")
        return [SetAside(row[0], row[1], bool(row[2]), *row[3:]) for row in found]

    def set_aside_reasons(self) -> tuple[UncountedReason, ...]:
        """Why receipts could not be counted, the most frequent reasons first."""
        found = self.database.execute(
            "SELECT substr(reason, 1, ?) AS why, count(*) AS number FROM aside"
            " WHERE NOT undecodable GROUP BY why ORDER BY number DESC, why LIMIT ?",
            (TOLD_CHARACTERS, MAX_REASONS),
        )
        return tuple(UncountedReason(*row) for row in found)

    def is_kept(self, of: Literal["conflicts", "aside"], receipt: bytes) -> bool:
        """Whether these bytes are among the conflicts, or aside."""
        found = self.database.execute(
            f"SELECT 1 FROM {of} WHERE receipt = ? LIMIT 1",  # noqa: S608 - one of two words
            (receipt,),
        )
        return found.fetchone() is not None

    def days(self) -> list[CurrencyDay]:
        """Business days with totals, in each currency, oldest first."""
        rows = self.database.execute(
            "SELECT DISTINCT day, currency FROM totals ORDER BY day, currency"
        )
        return [currency_day(*row) for row in rows]

    def currencies(self, day: date) -> list[str]:
        """The currencies that receipts of a business day are in."""
        rows = self.database.execute(
            "SELECT DISTINCT currency FROM totals WHERE day = ? ORDER BY currency",
            (day.toordinal(),),
        )
        return [currency for (currency,) in rows]

    def totals(self, day: CurrencyDay) -> Totals:
        """Totals of a day, empty when nothing was counted for it."""
        rows = self.database.execute(
            "SELECT breakdown, key, receipts, units_milli, gross_minor, net_minor"
            " FROM totals WHERE day = ? AND currency = ?",
            (day.ordinal(), day.currency),
        )
        return {(breakdown, key): Figures(*figures) for breakdown, key, *figures in rows}

    def write_totals(
        self, day: CurrencyDay, entries: Iterable[tuple[tuple[str, str], Figures]]
    ) -> None:
        """Replace the named entries of a day by their absolute figures."""
        self.database.executemany(
            "INSERT OR REPLACE INTO totals VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (day.ordinal(), day.currency, *entry, *astuple(figures))
                for entry, figures in entries
            ],
        )

    def tills(self) -> Tills:
        """Every till that was heard."""
        with closing(self.database.execute("SELECT state FROM tills")) as rows:
            tills = [_till_decoder.decode(state) for (state,) in rows]
        return {(till.store, till.till): till for till in tills}

    def write_tills(self, tills: Iterable[Till]) -> None:
        """Replace the state of these tills."""
        self.database.executemany(
            "INSERT OR REPLACE INTO tills VALUES (?, ?, ?)",
            [(till.store, till.till, _encoder.encode(till)) for till in tills],
        )
