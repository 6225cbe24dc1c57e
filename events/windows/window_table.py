"""The tables of one window in the state, and the SQL of what is done with them. Pure.

A row is known by its start and its keys, as JSON text. STRICT tables refuse a sum beyond 64 bits,
which SQLite would otherwise go on with as a float. Distinct values are rows of a table of their
own, a measure each; a trigger counts each new one, so that the figure is always their number.
"""

from tillstream.streams.definition import Measure, Window

#: The columns of every row beside its measures, in the order of `WindowTable.columns`.
FIXED = ("start", "keys", "events", "late", "revision", "final", "change")


class WindowTable:
    """The SQL of one window's tables."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.name = _quoted(f"window.{window.name}")
        self.measures = tuple(measure.name for measure in window.measures)
        self.columns = ", ".join([*FIXED, *(_column(name) for name in self.measures)])

    def values_name(self, measure: Measure) -> str:
        """The table of a measure's distinct values."""
        return _quoted(f"values.{self.window.name}.{measure.name}")

    def create(self) -> list[str]:
        """Statements that make the tables, empty."""
        measures = "".join(
            f", {_column(measure.name)} {_type(measure)}" for measure in self.window.measures
        )
        statements = [
            f"CREATE TABLE {self.name} (start INTEGER NOT NULL, keys TEXT NOT NULL,"
            " events INTEGER NOT NULL, late INTEGER NOT NULL, revision INTEGER NOT NULL,"
            f" final INTEGER NOT NULL, change INTEGER NOT NULL{measures},"
            " PRIMARY KEY (start, keys)) STRICT, WITHOUT ROWID",
            f"CREATE INDEX {self._index('change')} ON {self.name} (change)",
            f"CREATE INDEX {self._index('open')} ON {self.name} (start) WHERE final = 0",
        ]
        for measure in self.window.distinct:
            table = self.values_name(measure)
            statements += [
                f"CREATE TABLE {table} (start INTEGER NOT NULL, keys TEXT NOT NULL, value ANY"
                " NOT NULL, PRIMARY KEY (start, keys, value)) STRICT, WITHOUT ROWID",
                f"CREATE TRIGGER {_quoted(f'count.{self.window.name}.{measure.name}')}"  # noqa: S608 - declared names
                f" AFTER INSERT ON {table} BEGIN UPDATE {self.name}"
                f" SET {_column(measure.name)} = {_column(measure.name)} + 1"
                " WHERE start = NEW.start AND keys = NEW.keys; END",
            ]
        return statements

    def drop(self) -> list[str]:
        """Statements that remove the tables, as far as they exist."""
        tables = [self.values_name(measure) for measure in self.window.distinct]
        return [f"DROP TABLE IF EXISTS {table}" for table in [*tables, self.name]]

    def merge(self) -> str:
        """Parameters: start, keys, events, late, final, change, the merged measures."""
        merged = self.window.merged
        names = "".join(f", {_column(measure.name)}" for measure in merged)
        zeros = "".join(f", {_column(measure.name)}" for measure in self.window.distinct)
        updates = "".join(f", {_merging(measure)}" for measure in merged)
        return (
            f"INSERT INTO {self.name} (start, keys, events, late, final, change, revision"  # noqa: S608 - declared names
            f"{names}{zeros}) VALUES (?, ?, ?, ?, ?, ?, 1{', ?' * len(merged)}"
            f"{', 0' * len(self.window.distinct)})"
            " ON CONFLICT (start, keys) DO UPDATE SET events = events + excluded.events,"
            " late = late + excluded.late, revision = revision + 1, change = excluded.change"
            f"{updates}"
        )

    def add_value(self, measure: Measure) -> str:
        """Parameters: start, keys, value. The row must be there."""
        return f"INSERT OR IGNORE INTO {self.values_name(measure)} VALUES (?, ?, ?)"  # noqa: S608 - declared names

    def finish(self) -> str:
        """Rows that are final from now on. Parameters: change, the last start of them."""
        return f"UPDATE {self.name} SET final = 1, change = ? WHERE final = 0 AND start <= ?"  # noqa: S608 - declared names

    def earliest_open(self) -> str:
        """The start of the first row that is not final."""
        return f"SELECT start FROM {self.name} WHERE final = 0 ORDER BY start LIMIT 1"  # noqa: S608 - declared names

    def newest_old(self) -> str:
        """The greatest start of the rows to remove. Parameters: the last change, the last start."""
        return f"SELECT max(start) {self._old()}"

    def prune(self) -> list[str]:
        """Remove rows and their values. Parameters of each: the last change, the last start."""
        old = f"WHERE (start, keys) IN (SELECT start, keys {self._old()})"
        tables = [self.values_name(measure) for measure in self.window.distinct]
        return [f"DELETE FROM {table} {old}" for table in [*tables, self.name]]  # noqa: S608 - declared names

    def sums(self) -> str:
        """The sums of a row, in their order. Parameters: start, keys."""
        names = ", ".join(_column(one.name) for one in self.window.merged if one.kind == "sum")
        return f"SELECT {names} FROM {self.name} WHERE start = ? AND keys = ?"  # noqa: S608 - declared names

    def changed(self) -> str:
        """Rows after a place in the order of changes. Parameters: change, start, keys; how many."""
        return (
            f"SELECT {self.columns} FROM {self.name} WHERE (change, start, keys) > (?, ?, ?)"  # noqa: S608 - declared names
            " ORDER BY change, start, keys LIMIT ?"
        )

    def lift(self) -> str:
        """Give every row a change. Parameter: the change."""
        return f"UPDATE {self.name} SET change = ?"  # noqa: S608 - declared names

    def _old(self) -> str:
        # Few rows did not change for so long, whatever their start is.
        return (
            f"FROM {self.name} INDEXED BY {self._index('change')} WHERE change <= ? AND start <= ?"
        )

    def _index(self, what: str) -> str:
        return _quoted(f"{what}.{self.window.name}")


def _quoted(name: str) -> str:
    return f'"{name}"'


def _column(name: str) -> str:
    return f'"m.{name}"'


def _type(measure: Measure) -> str:
    return "ANY" if measure.kind in ("min", "max") else "INTEGER NOT NULL"


def _merging(measure: Measure) -> str:
    column = _column(measure.name)
    if measure.kind in ("min", "max"):
        # Of two where one is null, the other.
        return (
            f"{column} = {measure.kind}(coalesce({column}, excluded.{column}),"
            f" coalesce(excluded.{column}, {column}))"
        )
    return f"{column} = {column} + excluded.{column}"
