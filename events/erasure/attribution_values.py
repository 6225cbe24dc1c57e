"""Erases a person's value from what the state keeps for attributions.

Tables, conversions that wait, and messages of the outbox: parts of one transaction of it.

What an attribution holds in memory has the value until the worker's next transaction; that finds
that another one has committed, and the worker holds everything anew, from the log, without it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from events.archive.pseudonyms import Pseudonyms, Value, replaced
from events.attribution.tables import Key, Waiting
from events.erasure.wanted import Target, Wanted
from events.outbox.progress import KeptAttributions
from events.outbox.table import Outbox
from events.windows.state_file import State
from tillstream.streams import message
from tillstream.streams.changes import value_columns
from tillstream.streams.definition import Attribution, Definitions


def newest_version(state: State, definitions: Definitions, stream: str) -> int | None:
    """Rows that are made from here on have a greater version; None of a stream of senders."""
    if stream not in definitions.attributions:
        return None
    known = KeptAttributions(state.database).figures().get(stream)
    return max(state.progress().change, known.row_version if known else 0)


class AttributionValues:
    """The tables `joined`, `waiting`, `waiting_for` and `outbox`."""

    def __init__(self, state: State, definitions: Definitions, pseudonyms: Pseudonyms) -> None:
        self._state, self._definitions, self._pseudonyms = state, definitions, pseudonyms
        self._before = state.progress().next_offset or 0

    def erase(self, what: Wanted) -> None:
        """Replace the value in all that was counted so far."""
        for name in what.streams:
            fields = {target.field for target in what.targets if target.stream == name}
            if name in self._definitions.attributions:
                self._from_outbox(name, fields, what.value)
            elif keys := self._keys(name):
                self._from_table(name, keys, fields, what.value)
        for one in self._definitions.attributions.values():
            self._from_waiting(one, what)

    def _keys(self, stream: str) -> dict[str, set[str]]:
        """By key of a table the fields that it is joined by."""
        found: dict[str, set[str]] = {}
        for one in self._definitions.attributions.values():
            for table in one.tables:
                if table.stream == stream:
                    found.setdefault(table.key, set()).add(table.by)
        return found

    def _from_table(
        self, stream: str, keys: Mapping[str, set[str]], fields: set[str], value: Value
    ) -> None:
        rows = self._state.execute("SELECT key, event FROM joined WHERE stream = ?", (stream,))
        for key, packed in rows.fetchall():
            event: dict[str, Any] = msgspec.msgpack.decode(packed)
            of = [name for name in fields if event.get(name) == value]
            if not of:
                continue
            event |= {name: self._stands(name, value) for name in of}
            named: set[Key] = {key}
            if key == value:
                bys = [by for name in of for by in keys.get(name, ())]
                named = {self._stands(by, value) for by in bys} or named
            self._state.execute("DELETE FROM joined WHERE (stream, key) = (?, ?)", (stream, key))
            self._state.execute_many(
                "INSERT OR REPLACE INTO joined VALUES (?, ?, ?)",
                [(stream, each, msgspec.msgpack.encode(event)) for each in named],
            )

    def _from_waiting(self, one: Attribution, what: Wanted) -> None:
        columns = {
            column: self._stands(field.name, what.value)
            for column, field, stream in value_columns(one, self._definitions.streams)
            if Target(stream.name, field.name) in what.targets
        }
        by = {
            table.stream: self._stands(table.by, what.value)
            for table in one.tables
            if Target(table.stream, table.key) in what.targets
        }
        for number, packed in self._state.execute(
            "SELECT number, conversion FROM waiting WHERE attribution = ?", (one.stream,)
        ).fetchall():
            waiting = msgspec.msgpack.decode(packed, type=Waiting)
            same = {
                name: columns[name]
                for name, each in waiting.values.items()
                if (name in columns and each == what.value)
            }
            missing = tuple(
                (stream, by[stream] if stream in by and key == what.value else key)
                for stream, key in waiting.missing
            )
            if not same and missing == waiting.missing:
                continue
            changed = waiting._replace(values=waiting.values | same, missing=missing)
            self._state.execute(
                "UPDATE waiting SET conversion = ? WHERE number = ?",
                (msgspec.msgpack.encode(changed), number),
            )
            self._state.execute_many(
                "DELETE FROM waiting_for WHERE (attribution, stream, key, number) = (?, ?, ?, ?)",
                [(one.stream, stream, key, number) for stream, key in waiting.missing],
            )
            self._state.execute_many(
                "INSERT INTO waiting_for VALUES (?, ?, ?, ?)",
                [(one.stream, stream, key, number) for stream, key in missing],
            )

    def _from_outbox(self, stream: str, fields: set[str], value: Value) -> None:
        outbox = Outbox(self._state.database)
        for kept in outbox.all_of(stream):
            found = message.decode(*kept.packed)
            events = found.events
            for name in fields:
                every = pa.repeat(pa.scalar(True), len(events))
                events = replaced(events, name, value, self._stands(name, value), every)
            if events.equals(found.events):
                continue
            packed = message.encode(found._replace(events=events))
            outbox.replace(kept.seq, packed)

    def _stands(self, field: str, value: Value) -> Value:
        return self._pseudonyms.of(field, value, self._before)
