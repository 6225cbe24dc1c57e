"""Checks the SQL of the fields of a stream that is made of others; it needs DuckDB."""

from collections.abc import Sequence

from tillstream.streams import persons
from tillstream.streams.dialect import Expression
from tillstream.streams.made_texts import CheckedMade, MadeTexts
from tillstream.streams.meaning import Meaning
from tillstream.streams.sql_sandbox import Node, NotDialectError, Sandbox, shown


def check(made: Sequence[MadeTexts], sandbox: Sandbox) -> list[CheckedMade]:
    """Each stream checked in this process, in their order."""
    return [_Check(texts, sandbox).checked() for texts in made]


class _Check:
    def __init__(self, texts: MadeTexts, sandbox: Sandbox) -> None:
        self._texts = texts
        self._sandbox = sandbox
        self._found = CheckedMade([])

    def checked(self) -> CheckedMade:
        for name, sql in self._texts.sql.items():
            self._field(name, sql)
        if not self._found.mistakes and self._texts.columns is not None and self._texts.sql:
            self._bind()
        return self._found

    def _field(self, name: str, sql: str) -> None:
        told = len(self._found.mistakes)
        try:
            node = self._sandbox.expression(sql)
            meaning = Expression(self._texts.columns, lambda text: self._tell(name, text)).meaning(
                node
            )
        except NotDialectError as error:
            self._tell(name, str(error))
            return
        if len(self._found.mistakes) == told:
            self._require_type(name, sql, meaning)
            self._require_persons(name, node)

    def _require_type(self, name: str, sql: str, found: Meaning) -> None:
        declared = self._texts.declared[name]
        if found.sql is None:  # of what is wrong elsewhere
            return
        if found.sql != declared.sql:
            self._tell(name, f"{shown(sql)} gives {found.sql}; it is declared as {declared.sql}")
        elif found.sql == "BIGINT" and not found.neutral and _read(found) != _read(declared):
            self._tell(
                name, f"{shown(sql)} gives {_read(found)}; it is declared as {_read(declared)}"
            )
        elif declared.values and not (found.values and {*found.values} <= {*declared.values}):
            self._tell(
                name, f"{shown(sql)} gives values that are not declared; list them, or take a text"
            )
        elif declared.required and not found.required:
            self._tell(name, f"{shown(sql)} may be null; leave out `required`")

    def _require_persons(self, name: str, node: Node) -> None:
        texts = self._texts
        for column in sorted(persons.shown(node, texts.persons)):
            if node.get("class") != "COLUMN_REF":
                self._tell(
                    name,
                    f"{column!r} names a person, so what is made of it could not be erased;"
                    f" write {column} alone",
                )
            elif name not in texts.declared_persons:
                self._tell(name, f"{column!r} names a person; add {name!r} to `persons`")

    def _bind(self) -> None:
        """Let DuckDB bind what is run, over an empty table: it has the last word."""
        columns: dict[str, str] = {
            name: each.sql or "BIGINT" for name, each in (self._texts.columns or {}).items()
        }
        values = ", ".join(f"{sql} AS {name}" for name, sql in self._texts.sql.items())
        try:
            self._sandbox.types(columns, "conversions", f'SELECT {values} FROM "conversions"')  # noqa: S608
        except NotDialectError as error:
            self._tell(next(iter(self._texts.sql)), str(error))

    def _tell(self, name: str, text: str) -> None:
        self._found.mistakes.append((name, text))


def _read(meaning: Meaning) -> str:
    places = f" of {meaning.scale} places" if meaning.read_as == "decimal" else ""
    return f"{meaning.read_as}{places}"
