"""Checks the SQL of a window, and says what its keys and measures are: texts in, meanings out."""

from collections.abc import Mapping, Sequence

from tillstream.streams import persons, window_sql
from tillstream.streams.changes import NOT_COUNTED
from tillstream.streams.definition import Key, Measure, MeasureKind, Source, Stream, Window
from tillstream.streams.dialect import Expression
from tillstream.streams.meaning import NUMBER, Meaning, SqlType
from tillstream.streams.sql_sandbox import Node, NotDialectError, Sandbox, shown
from tillstream.streams.window_texts import CheckedMeasure, CheckedWindow, WindowTexts

_KINDS: Mapping[str, MeasureKind] = {
    "count_star": "count",
    "count": "count",
    "sum": "sum",
    "min": "min",
    "max": "max",
}
_MERGED = "write count, sum, min, max or count(DISTINCT ...), and divide in `columns`"


def check(windows: Sequence[WindowTexts], sandbox: Sandbox) -> list[CheckedWindow]:
    """Each window checked in this process, in their order."""
    return [_Check(texts, sandbox).checked() for texts in windows]


class _Check:
    def __init__(self, texts: WindowTexts, sandbox: Sandbox) -> None:
        self._texts = texts
        self._sandbox = sandbox
        self._found = CheckedWindow([], {}, {})

    def checked(self) -> CheckedWindow:
        texts = self._texts
        self._time()
        if texts.where:
            self._typed(("where",), texts.where, "BOOLEAN")
        for name, sql in texts.keys.items():
            self._key(("keys", name), name, sql)
        for name, sql in texts.measures.items():
            self._measure(("measures", name), name, sql)
        results = self._results()
        for name, sql in texts.columns.items():
            self._meaning(("columns", name), sql, results, division=True)
        if not self._found.mistakes and texts.fields is not None:
            self._bind(texts.fields, results)
        return self._found

    def _time(self) -> None:
        found = self._typed(("time",), self._texts.time, "BIGINT")
        if found is not None and found.sql == "BIGINT" and not found.required:
            self._tell(("time",), "it may be null; use required fields, or coalesce(..., received)")

    def _key(self, path: tuple[str, ...], name: str, sql: str) -> None:
        used: set[str] = set()
        found = self._meaning(path, sql, self._texts.fields, used=used, what="a key")
        if found is None:
            return
        self._found.keys[name] = found
        if not used:
            self._tell(path, f"{shown(sql)} names no field, so it tells no rows apart")

    def _measure(self, path: tuple[str, ...], name: str, sql: str) -> None:
        try:
            node = self._sandbox.expression(sql)
            kind = _KINDS.get(str(node.get("function_name", "")).lower())
            if (
                kind is None
                or node["class"] != "FUNCTION"
                or node["filter"]
                or node["order_bys"]["orders"]
                or node["schema"]
            ):
                raise NotDialectError(f"{shown(sql)} cannot be merged; {_MERGED}")
            if node["distinct"] and kind != "count":
                raise NotDialectError(f"{shown(sql)}: DISTINCT stands only in count")
            if self._texts.has_changes and (kind in ("min", "max") or node["distinct"]):
                raise NotDialectError(
                    f"{shown(sql)}: rows of {self._texts.stream} are taken back when they change,"
                    " which it cannot follow; write count or sum"
                )
            if node["function_name"].lower() == "count_star":
                self._found.measures[name] = CheckedMeasure("count", "*", NUMBER)
                return
            if len(node["arguments"]) != 1:
                raise NotDialectError(f"{shown(sql)}: it takes one argument")
            argument = _argument(sql, distinct=node["distinct"])
            self._sandbox.expression(argument)
        except NotDialectError as error:
            self._tell(path, str(error))
            return
        expression = node["arguments"][0]["expression"]
        told = len(self._found.mistakes)
        found = self._walked(path, expression, self._texts.fields, set())
        if len(self._found.mistakes) == told:
            what = "a count of what is made" if kind == "count" else f"a {kind}"
            self._require_no_person(path, expression, what, distinct=kind == "count")
        if kind == "sum" and found.read_as == "timestamp":
            self._tell(path, "a sum of times means nothing; write min, max or a difference")
        if (kind == "sum" and found.sql in ("VARCHAR", "BOOLEAN")) or (
            kind in ("min", "max") and found.sql == "BOOLEAN"
        ):
            self._tell(path, f"{kind} of {found.sql}; write sum(CASE WHEN ... THEN 1 ELSE 0 END)")
        result = found if kind in ("sum", "min", "max") else NUMBER
        self._found.measures[name] = CheckedMeasure(
            "distinct" if node["distinct"] else kind, argument, result
        )

    def _results(self) -> dict[str, Meaning]:
        """What `columns` are made of; what is wrong is known by its name alone."""
        unknown = Meaning(None, neutral=True)
        names = dict.fromkeys((*self._texts.keys, *self._texts.measures), unknown)
        measured = {name: each.meaning for name, each in self._found.measures.items()}
        return {**names, **self._found.keys, **measured}

    def _bind(self, fields: Mapping[str, Meaning], results: Mapping[str, Meaning]) -> None:
        """Let DuckDB bind what is run, over empty tables: it has the last word."""
        texts = self._texts
        window = Window(
            name="window",
            stream=texts.stream,
            size_us=texts.size_us,
            time=texts.time,
            where=texts.where,
            keys=tuple(Key(name=name, sql=sql) for name, sql in texts.keys.items()),
            measures=tuple(
                Measure(name=name, kind=each.kind, argument=each.argument)
                for name, each in self._found.measures.items()
            ),
        )
        source: Source = "attribution" if texts.has_changes else "senders"
        stream = Stream(name=texts.stream, fields=(), source=source)
        queries = [window_sql.partial(window, stream)]
        queries += [window_sql.distinct_values(window, stream, each) for each in window.distinct]
        try:
            for query in queries:
                self._sandbox.types(_types(fields), texts.stream, query)
        except NotDialectError as error:
            self._tell((), str(error))
        for name, sql in texts.columns.items():
            try:
                self._sandbox.types(_types(results), "a_row", f'SELECT {sql} FROM "a_row"')  # noqa: S608
            except NotDialectError as error:
                self._tell(("columns", name), str(error))

    def _typed(self, path: tuple[str, ...], sql: str, kind: SqlType) -> Meaning | None:
        found = self._meaning(path, sql, self._texts.fields, what="a condition or time")
        if found is not None and found.sql not in (kind, None):
            self._tell(path, f"{shown(sql)} gives {found.sql}, and has to give {kind}")
        return found

    def _meaning(
        self,
        path: tuple[str, ...],
        sql: str,
        columns: Mapping[str, Meaning] | None,
        *,
        division: bool = False,
        used: set[str] | None = None,
        what: str = "",
    ) -> Meaning | None:
        """`what` it is, where it is over the stream's fields."""
        try:
            node = self._sandbox.expression(sql)
        except NotDialectError as error:
            self._tell(path, str(error))
            return None
        told = len(self._found.mistakes)
        found = self._walked(path, node, columns, set() if used is None else used, division)
        if what and len(self._found.mistakes) == told:
            self._require_no_person(path, node, what)
        return found

    def _walked(
        self,
        path: tuple[str, ...],
        node: Node,
        columns: Mapping[str, Meaning] | None,
        used: set[str],
        division: bool = False,
    ) -> Meaning:
        expression = Expression(columns, lambda text: self._tell(path, text), division=division)
        try:
            found = expression.meaning(node)
        except NotDialectError as error:
            self._tell(path, str(error))
            found = Meaning(None, neutral=True)
        used |= expression.used
        if self._texts.has_changes and columns is self._texts.fields:
            for name in sorted(expression.used.intersection(NOT_COUNTED)):
                self._tell(path, f"{name!r} is of changes, which count by their sign; leave it out")
        return found

    def _require_no_person(
        self, path: tuple[str, ...], node: Node, what: str, *, distinct: bool = False
    ) -> None:
        for name in sorted(persons.shown(node, self._texts.persons, distinct=distinct)):
            self._tell(
                path,
                f"{name!r} names a person, so {what} of it could not be erased;"
                f" write count(DISTINCT {name}), or take it from `persons`",
            )

    def _tell(self, path: tuple[str, ...], text: str) -> None:
        self._found.mistakes.append((path, text))


def _argument(sql: str, *, distinct: bool) -> str:
    """What stands between the brackets of an aggregate that is the whole text."""
    argument = sql[sql.index("(") + 1 : sql.rindex(")")].strip()
    return argument[len("distinct") :].strip() if distinct else argument


def _types(columns: Mapping[str, Meaning]) -> dict[str, str]:
    return {name: meaning.sql or "BIGINT" for name, meaning in columns.items()}
