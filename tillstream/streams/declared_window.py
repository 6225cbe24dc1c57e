"""Reads a `[[window]]` of a definition; its SQL is checked by `sql_check`."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from tillstream.streams.declared_names import tell_column_name, tell_name
from tillstream.streams.declared_store import read_store
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import Column, Key, Measure, ReadAs, Stream, Window
from tillstream.streams.meaning import Meaning, of_field
from tillstream.streams.mistakes import proposal
from tillstream.streams.names import RECEIVED, RESERVED
from tillstream.streams.window_texts import CheckedWindow, WindowTexts

_MOST_PLACES = 18


class _Part(NamedTuple):
    sql: str
    read_as: ReadAs | None = None
    scale: int = 0
    hidden: bool = False
    unit: str = ""


class DeclaredWindow(NamedTuple):
    """A window as far as it could be read, before its SQL is checked."""

    name: str
    stream: str
    table: DeclaredTable
    #: All but keys and measures.
    window: Window
    keys: Mapping[str, _Part]
    measures: Mapping[str, _Part]
    columns: Mapping[str, _Part]

    def texts(self, stream: Stream | None, broken: frozenset[str]) -> WindowTexts:
        """What its SQL is checked by; of broken fields only the name is known."""
        fields: dict[str, Meaning] | None = None
        time = RECEIVED
        if stream is not None:
            fields = {
                field.name: Meaning(None, neutral=True, required=True)
                if field.name in broken
                else of_field(field)
                for field in stream.fields
            }
            instant = Meaning("BIGINT", "timestamp", required=True)
            fields[RECEIVED] = instant
            time = stream.time_column
            # What is wrong with the time of the stream was told of the stream.
            fields[time] = instant
        return WindowTexts(
            stream=self.stream or "unnamed",
            size_us=self.window.size_us,
            fields=fields,
            persons=stream.persons if stream else (),
            has_changes=stream is not None and stream.has_changes,
            time=self.window.time or time,
            where=self.window.where,
            keys={name: part.sql for name, part in self.keys.items()},
            measures={name: part.sql for name, part in self.measures.items()},
            columns={name: part.sql for name, part in self.columns.items()},
        )

    def finished(self, checked: CheckedWindow) -> Window:
        """The window with keys and measures, read as their SQL says unless the file says more."""
        keys = []
        for name, part in self.keys.items():
            read_as, scale = _reading(part, checked.keys[name])
            keys.append(Key(name=name, sql=part.sql, read_as=read_as, scale=scale))
        measures = []
        for name, part in self.measures.items():
            found = checked.measures[name]
            read_as, scale = _reading(part, found.meaning)
            measures.append(
                Measure(
                    name=name,
                    kind=found.kind,
                    argument=found.argument,
                    read_as=read_as,
                    scale=scale,
                    hidden=part.hidden,
                    unit=part.unit,
                )
            )
        return msgspec.structs.replace(self.window, keys=tuple(keys), measures=tuple(measures))

    def tell_readings(self, checked: CheckedWindow) -> None:
        """Tell of a number that is to be read as a text, and the like."""
        meanings = {name: ("keys", meaning) for name, meaning in checked.keys.items()}
        meanings |= {name: ("measures", each.meaning) for name, each in checked.measures.items()}
        for name, (kind, meaning) in meanings.items():
            part = (self.keys if kind == "keys" else self.measures)[name]
            allowed = {
                "VARCHAR": ("text",),
                "BOOLEAN": ("boolean",),
                "BIGINT": ("integer", "decimal", "timestamp"),
                None: get_args(ReadAs),
            }[meaning.sql]
            if part.read_as is not None and part.read_as not in allowed:
                self.table.tell(
                    f"{name} gives {meaning.sql}, read as {' or '.join(allowed)}", kind, name
                )


def read_window(table: DeclaredTable, stream: str | None, size_us: int | None) -> DeclaredWindow:
    """The window; `stream` is its file's, and `size_us` stands in the place of its size."""
    table.require("name", "size", *(() if stream else ("stream",)))
    name = table.text("name")
    if name is not None and tell_name(table, name, "name"):
        table.what = f"window {name}"
    else:
        name = None
    over = table.text("stream") or stream or ""
    declared_size = table.duration("size")
    size = size_us or declared_size or 1
    retention = table.duration("retention")
    if retention is not None and retention < size:
        table.tell("'retention' is shorter than 'size'", "retention")
    time, where = table.text("time") or "", table.text("where") or ""
    keys = _parts(table, "keys", more=("read_as", "scale"))
    measures = _parts(table, "measures", more=("read_as", "scale", "hidden", "unit"))
    columns = _parts(table, "columns", more=("unit",))
    if not measures:
        table.tell('it counts nothing; write measures, such as events = "count(*)", there')
    bounds = [table.text("start_column") or "start", table.text("end_column") or "end"]
    _tell_clashes(table, bounds, keys, measures, columns)
    shown = [*(each for each in measures if not measures[each].hidden), *columns, *keys]
    chart = table.texts("chart")
    for place, each in enumerate(chart):
        if each not in shown:
            table.tell(f"chart: no figure {each!r}{proposal(each, shown)}", "chart", place)
    store = read_store(table, "windows_")
    window = Window(
        name=name or "unnamed",
        stream=over,
        size_us=size,
        measures=(),
        title=table.text("title") or "",
        time=time,
        where=where,
        columns=tuple(
            Column(name=each, sql=part.sql, unit=part.unit) for each, part in columns.items()
        ),
        start_column=bounds[0],
        end_column=bounds[1],
        retention_us=retention,
        database=store.database,
        collection=store.collection,
        chart=chart,
    )
    table.end()
    return DeclaredWindow(name or "", over, table, window, keys, measures, columns)


def _reading(part: _Part, meaning: Meaning) -> tuple[ReadAs, int]:
    if part.read_as is not None:
        return part.read_as, part.scale
    return meaning.read_as, meaning.scale if meaning.read_as == "decimal" else 0


def _parts(table: DeclaredTable, kind: str, more: tuple[str, ...]) -> dict[str, _Part]:
    parts = {}
    for name, value in table.each(kind):
        known = tell_column_name(table, name, kind, name)
        part = _part(table, kind, name, value, more)
        if known and part is not None:
            parts[name] = part
    return parts


def _part(
    window: DeclaredTable, kind: str, name: str, value: Any, more: tuple[str, ...]
) -> _Part | None:
    if isinstance(value, str) and value.strip():
        return _Part(value)
    what = f"{window.what}, {name}"
    if not isinstance(value, dict):
        window.tell(f"{name}: write SQL, such as {name} = \"count(*)\"", kind, name)  # fmt: skip
        return None
    table = DeclaredTable(window.source, (*window.path, kind, name), value, what)
    table.require("sql")
    sql = table.text("sql")
    read_as: ReadAs | None = None
    scale, hidden = None, None
    if "read_as" in more:
        read_as = table.one_of("read_as", get_args(ReadAs))  # type: ignore[assignment]
        scale = table.whole("scale", 0, _MOST_PLACES)
        if "scale" in table and read_as != "decimal":
            table.tell("'scale' needs read_as = \"decimal\"", "scale")
        if read_as == "decimal" and "scale" not in table:
            table.tell("read_as = \"decimal\" needs 'scale'", "read_as")
    if "hidden" in more:
        hidden = table.flag("hidden")
    unit = table.text("unit") if "unit" in more else None
    table.end()
    return None if sql is None else _Part(sql, read_as, scale or 0, hidden or False, unit or "")


def _tell_clashes(
    table: DeclaredTable,
    bounds: list[str],
    keys: Mapping[str, _Part],
    measures: Mapping[str, _Part],
    columns: Mapping[str, _Part],
) -> None:
    if bounds[0] == bounds[1]:
        table.tell(f"start_column and end_column are both {bounds[0]!r}", "end_column")
    taken = {bound.partition(".")[0]: "a bound" for bound in bounds}
    for key, bound in zip(("start_column", "end_column"), bounds, strict=True):
        for level in bound.split("."):
            if not re.fullmatch("[a-z][a-z0-9_]{0,62}", level):
                table.tell(f"{key} = {bound!r}: write names with a dot between", key)
            elif level in RESERVED - {"start", "end", "window_start"}:
                table.tell(f"{key} = {bound!r}: {level!r} is made beside it", key)
    for kind, parts in (("keys", keys), ("measures", measures), ("columns", columns)):
        for name in parts:
            if name in taken:
                table.tell(f"{name!r} is {taken[name]} already; take another name", kind, name)
            taken[name] = f"one of its {kind}"
    if "value" in keys and any("distinct" in part.sql.lower() for part in measures.values()):
        table.tell("'value' cannot be a key beside count(DISTINCT ...)", "keys", "value")
