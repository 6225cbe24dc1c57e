"""What a stream takes, made ready from its definition: decoder, checks and columns."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Literal

import msgspec
import pyarrow as pa

from entrypoint.events.broken_rules import BrokenRuleError, shown
from entrypoint.events.values import Check, json_check, text_check
from tillstream.streams import columns
from tillstream.streams.definition import Field, Stream

#: Unknown fields of one event that are named.
MOST_UNKNOWN = 5

#: An event as it travels: a value for each column of the stream.
Row = tuple[Any, ...]

_PYTHON_TYPES: dict[str, Any] = {
    "text": str,
    "integer": int,
    "decimal": float,
    "boolean": bool,
    "timestamp": str,
}


class Contract:
    """The definition of one stream, ready for use."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.fields = stream.fields
        self.names = tuple(field.name for field in stream.fields)
        self.schema = columns.schema(stream)
        #: Whether the door's clock is the event time: then it is the first column.
        self.door_clock = stream.event_time is None
        self.json_checks = self._checks(json_check)
        self.text_checks = self._checks(text_check)
        #: Of plain events; refuses more than is wrong with them (see `json_row`).
        struct = _struct(stream)
        self.decoder = msgspec.json.Decoder(struct)
        self.list_decoder = msgspec.json.Decoder(list[struct])  # type: ignore[valid-type]
        #: The values of a decoded event by field.
        self.values: Callable[[Any], tuple[Any, ...]] = msgspec.structs.astuple

    def _checks(self, make: Any) -> tuple[Check, ...]:
        return tuple(
            make(field, is_event_time=field.name == self.stream.event_time) for field in self.fields
        )

    def row(self, values: Sequence[Any], now_us: int) -> Row:
        """The values of JSON as they travel; raises the first BrokenRuleError."""
        found = [
            check(value, now_us) for check, value in zip(self.json_checks, values, strict=True)
        ]
        return (now_us, *found) if self.door_clock else tuple(found)

    def checked(
        self, values: Sequence[Any], checks: Sequence[Check], now_us: int
    ) -> tuple[Row | None, list[tuple[str, BrokenRuleError]]]:
        """The row, or None and every rule that it breaks by field."""
        row: list[Any] = [now_us] if self.door_clock else []
        broken: list[tuple[str, BrokenRuleError]] = []
        for name, check, value in zip(self.names, checks, values, strict=True):
            try:
                row.append(check(value, now_us))
            except BrokenRuleError as error:
                broken.append((name, error))
        return (None if broken else tuple(row)), broken

    def json_row(
        self, event: Any, now_us: int
    ) -> tuple[Row | None, list[tuple[str, BrokenRuleError]]]:
        """The row of a JSON object, or None and every rule that it breaks by field."""
        if not isinstance(event, dict):
            return None, [
                (
                    "",
                    BrokenRuleError(
                        "object", f"{shown(event)} is no JSON object; write one event as {{...}}"
                    ),
                )
            ]
        row, broken = self.checked(
            [event.get(name) for name in self.names], self.json_checks, now_us
        )
        if not event.keys() <= set(self.names):
            unknown = islice((name for name in event if name not in self.names), MOST_UNKNOWN)
            broken += [(name[:60], self.unknown(name)) for name in unknown]
            row = None
        return row, broken

    def unknown(self, name: str) -> BrokenRuleError:
        """That there is no field of this name."""
        return BrokenRuleError(
            "unknown-field",
            f"the stream {self.stream.name} has no field {shown(name)}; it has"
            f" {', '.join(self.names)}",
        )

    def batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        """The rows in columns."""
        if not rows:
            return pa.RecordBatch.from_pylist([], schema=self.schema)
        found = list(zip(*rows, strict=True))
        arrays = [pa.array(found.pop(0), pa.int64())] if self.door_clock else []
        for field, values in zip(self.fields, found, strict=True):
            if field.type == "enum":
                codes = pa.array(values, pa.int8())
                arrays.append(pa.DictionaryArray.from_arrays(codes, enum_values(field)))
            else:
                arrays.append(pa.array(values, columns.arrow_type(field)))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def enum_values(field: Field) -> pa.Array:
    """The dictionary of an enum's column."""
    return pa.array(field.values, pa.string())


def _attributes(stream: Stream) -> list[str]:
    """Names of the struct: a field may be called as no attribute of Python can."""
    return [f"field_{place}" for place in range(len(stream.fields))]


def _python_type(field: Field) -> Any:
    if field.type == "enum":
        return Literal[field.values]
    return str | int if field.integers else _PYTHON_TYPES[field.type]


def _struct(stream: Stream) -> type[msgspec.Struct]:
    attributes: list[Any] = []
    for attribute, field in zip(_attributes(stream), stream.fields, strict=True):
        kind = _python_type(field)
        attributes.append((attribute, kind) if field.required else (attribute, kind | None, None))
    return msgspec.defstruct(
        "Event",
        attributes,
        rename=dict(zip(_attributes(stream), (field.name for field in stream.fields), strict=True)),
        forbid_unknown_fields=True,
        gc=False,
        kw_only=True,
    )
