"""Receipts with their rows of every table: a closing at a time, or sorted in a scratch file.

Where all tables have their closings in one order, a closing is held in memory and joined by
BON_ID, in whatever order its rows are. Else, and where a closing is too large for that, SQLite
sorts all rows on the disk, and a bounded number of receipts is held.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from typing import NamedTuple

import msgspec

from connectors.files.dsfinvk.masters import MAX_CLOSINGS
from connectors.files.dsfinvk.rows import HEADS, Row
from connectors.files.import_errors import ImportFileError
from tillstream.runtime.scratch import scratch_folder

#: Number of its line; closing, BON_ID and the columns that are wanted.
KeyedRow = tuple[int, Row]
Key = tuple[str, str, str]
#: Receipts of a unit that comes from the scratch file.
UNIT_RECEIPTS = 500
#: Rows that are written to it at once.
INSERTED = 20_000
#: Rows of such a unit, of all its tables: a receipt of a till has some ten.
MAX_UNIT_ROWS = 200_000
#: Rows in the scratch file: any text may be in a cell.
_packed = msgspec.msgpack.Encoder().encode
_unpacked = msgspec.msgpack.Decoder(Row).decode

Joined = dict[str, dict[str, list[Row]]]


class Unit(NamedTuple):
    """Receipts of one closing, all of them or a part, with their rows by table and BON_ID."""

    closing: Key
    heads: list[KeyedRow]
    details: Joined


def in_order(
    heads: Iterator[KeyedRow], tables: dict[str, Iterator[Row]], left: Counter[str]
) -> Iterator[Unit]:
    """Closing after closing. Rows begin with Z_KASSE_ID, Z_ERSTELLUNG, Z_NR, BON_ID.

    All of them have to be in one order: `order.look` says so. `left` gets the rows of each table
    that no receipt was found for.
    """
    cursors = {name: _Cursor(rows) for name, rows in tables.items()}
    for key, mine in groupby(heads, lambda keyed: keyed[1][:3]):
        # The rows of each table are read when `take` is called, which is before the next closing.
        found = list(mine)
        details = {name: cursor.take(key) for name, cursor in cursors.items()}
        yield Unit((key[0], key[1], key[2]), found, details)
    for name, cursor in cursors.items():
        left[name] += cursor.rest()


class _Cursor:
    """Rows of a table that are read closing by closing."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def take(self, key: Row) -> dict[str, list[Row]]:
        """All rows of a closing by their BON_ID, where it is the next one; else none."""
        taken: dict[str, list[Row]] = defaultdict(list)
        row = self._next
        if row is None or row[:3] != key:
            return taken
        till, made, number = key
        taken[row[3]].append(row)
        for row in self._rows:
            if row[2] != number or row[1] != made or row[0] != till:
                self._next = row
                return taken
            taken[row[3]].append(row)
        self._next = None
        return taken

    def rest(self) -> int:
        """Rows that were never taken."""
        return (self._next is not None) + sum(1 for _ in self._rows)


def sorted_on_disk(
    heads: Iterator[KeyedRow], tables: dict[str, Iterator[Row]], left: Counter[str]
) -> Iterator[Unit]:
    """The same for tables in any order; the temporary folder has the scratch file.

    Raises ImportFileError when the disk is too small for it.
    """
    with scratch_folder() as folder, closing(sqlite3.connect(folder / "rows")) as scratch:
        try:
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
                scratch.execute(f"PRAGMA {pragma}")
            names = [HEADS, *tables]
            _fill(scratch, 0, heads)
            for place, rows in enumerate(tables.values(), 1):
                _fill(scratch, place, enumerate(rows))
            yield from _sorted_units(scratch, names)
            for place, name in enumerate(names):
                left[name] += scratch.execute(
                    f"SELECT count(*) FROM t{place} d WHERE NOT EXISTS (SELECT 1 FROM t0 h WHERE"  # noqa: S608
                    " (h.till, h.made, h.number, h.bon) = (d.till, d.made, d.number, d.bon))"
                ).fetchone()[0]
        except sqlite3.Error as error:
            raise ImportFileError(
                f"rows cannot be sorted in {folder.parent}: {error}; TMPDIR names another folder"
            ) from error


def _fill(scratch: sqlite3.Connection, place: int, rows: Iterator[KeyedRow]) -> None:
    table = f"t{place}"
    scratch.execute(
        f"CREATE TABLE {table} (till, made, number, bon, line INTEGER, cells,"
        " PRIMARY KEY (till, made, number, bon, line)) WITHOUT ROWID"
    )
    insert = f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - a name of ours
    waiting = []
    for line, row in rows:
        waiting.append((*row[:4], line, _packed(row)))
        if len(waiting) >= INSERTED:
            scratch.executemany(insert, waiting)
            waiting.clear()
    scratch.executemany(insert, waiting)


def _sorted_units(scratch: sqlite3.Connection, names: list[str]) -> Iterator[Unit]:
    heads = names.index(HEADS)
    closings = scratch.execute(
        f"SELECT till, made, number, min(line) FROM t{heads} GROUP BY 1, 2, 3 ORDER BY 4"  # noqa: S608
    ).fetchmany(MAX_CLOSINGS + 1)
    if len(closings) > MAX_CLOSINGS:
        raise ImportFileError(
            f"{HEADS} has more than {MAX_CLOSINGS} closings; import shorter periods"
        )
    for *key, _ in closings:
        found = scratch.execute(
            f"SELECT line, cells, bon FROM t{heads}"  # noqa: S608
            " WHERE till = ? AND made = ? AND number = ? ORDER BY bon, line",
            key,
        )
        while part := found.fetchmany(UNIT_RECEIPTS):
            details: Joined = {}
            held = 0
            for place, name in enumerate(names):
                if place == heads:
                    continue
                by_receipt: dict[str, list[Row]] = defaultdict(list)
                for bon, cells in scratch.execute(
                    f"SELECT bon, cells FROM t{place}"  # noqa: S608
                    " WHERE till = ? AND made = ? AND number = ? AND bon BETWEEN ? AND ?"
                    " ORDER BY bon, line",
                    (*key, part[0][2], part[-1][2]),
                ):
                    by_receipt[bon].append(_unpacked(cells))
                    held += 1
                    if held > MAX_UNIT_ROWS:
                        raise ImportFileError(
                            f"{name}: BON_ID {part[0][2][:40]} to {part[-1][2][:40]} of closing"
                            f" {'/'.join(key)[:100]} have more than {MAX_UNIT_ROWS} rows"
                        )
                details[name] = by_receipt
            yield Unit(
                (key[0], key[1], key[2]),
                [(line, _unpacked(cells)) for line, cells, _ in part],
                details,
            )
