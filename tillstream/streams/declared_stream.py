"""Reads `[stream]` and `[fields]` of a definition."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, get_args
from zoneinfo import available_timezones

import msgspec

from tillstream.streams import changes, example
from tillstream.streams.declared_names import tell_column_name, tell_table_name
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import (
    LEAST_INTEGER,
    MOST_CHARACTERS,
    MOST_DECIMAL,
    MOST_INTEGER,
    Field,
    FieldType,
    Stream,
)
from tillstream.streams.mistakes import proposal

MOST_FIELDS = 500
#: Of an enum: its column is a dictionary of int8.
MOST_VALUES = 127
MOST_PLACES = 9

#: Keys that fields of one type have.
_ONLY = {
    "scale": ("decimal",),
    "values": ("enum",),
    "zone": ("timestamp",),
    "minimum": ("integer", "decimal"),
    "maximum": ("integer", "decimal"),
    "max_length": ("text",),
    "integers": ("text",),
}
#: Keys of fields that senders fill.
_OF_SENDERS = ("zone", "minimum", "maximum", "max_length", "integers")


class DeclaredStream(NamedTuple):
    """A stream as far as it could be read."""

    stream: Stream
    #: Fields that could not be read as they stand: nothing more is said of them.
    broken: frozenset[str]


def read_stream(stream: DeclaredTable, file: DeclaredTable) -> DeclaredStream | None:
    """The stream; None without a name that is one. `file` is the table around, with `fields`.

    One beside an `[attribution]` is made of others: its rows are changes.
    """
    made = "attribution" in file
    stream.require("name")
    name = stream.text("name")
    named = name is not None and tell_table_name(stream, name, "name")
    if named:
        stream.what = f"stream {name}"
    fields, broken = _fields(file, made)
    known = {field.name: field for field in fields}
    if not known and not broken:
        stream.tell("it has no fields; write them under [fields]")
    event_time = stream.text("event_time")
    if event_time is not None:
        _require_time(stream, event_time, known, broken)
    elif "event_time" in known:
        stream.tell(
            "its time is the door's clock, under the name event_time, and a field has that name;"
            ' write event_time = "event_time", or name the field otherwise'
        )
    found = Stream(
        name=name if name and named else "unnamed",
        fields=fields,
        version=stream.whole("version", 1, MOST_INTEGER) or 1,
        title=stream.text("title") or "",
        event_time=event_time,
        lateness_us=stream.duration("lateness", zero=True) or 0,
        identity=_named_fields(stream, "identity", known, broken),
        retention_us=stream.duration("retention"),
        persons=_named_fields(stream, "persons", known, broken),
        cloudevents=stream.flag("cloudevents") or False,
    )
    if made:
        found = msgspec.structs.replace(
            found, source="attribution", fields=(*fields, *changes.FIELDS)
        )
        for key in ("identity", "cloudevents"):
            if key in stream:
                stream.tell(f"{key!r} is of streams that are posted to; leave it out", key)
    for place, each in enumerate(found.identity):
        if each in found.persons:
            stream.tell(
                f"identity: {each!r} names a person, and could not be erased from what repetitions"
                " are told by; declare a field that names the event",
                "identity",
                place,
            )
    stream.end()
    return DeclaredStream(found, frozenset(broken)) if named else None


def _require_time(
    stream: DeclaredTable, name: str, known: dict[str, Field], broken: set[str]
) -> None:
    times = [each.name for each in known.values() if each.type == "timestamp"]
    field = known.get(name)
    if field is None and name not in broken:
        stream.tell(f"event_time = {name!r} is no field{proposal(name, times)}", "event_time")
    elif field is not None and field.type != "timestamp":
        if name not in broken:
            stream.tell(
                f"event_time = {name!r} is no timestamp{proposal(name, times)}", "event_time"
            )
    elif field is not None and not field.required:
        stream.tell(
            f"event_time = {name!r} may be missing; write required = true in its field",
            "event_time",
        )


def _named_fields(
    stream: DeclaredTable, key: str, known: dict[str, Field], broken: set[str]
) -> tuple[str, ...]:
    names = stream.texts(key)
    for place, name in enumerate(names):
        if name not in known and name not in broken:
            stream.tell(f"{key}: {name!r} is no field{proposal(name, known)}", key, place)
    return names


def _fields(file: DeclaredTable, made: bool) -> tuple[tuple[Field, ...], set[str]]:
    fields, broken = [], set()
    declared = list(file.each("fields"))
    if len(declared) > MOST_FIELDS:
        file.tell(f"{len(declared):,} fields, of {MOST_FIELDS} that are allowed", "fields")
    for name, value in declared[:MOST_FIELDS]:
        table = DeclaredTable(
            file.source, ("fields", name), value if isinstance(value, dict) else {}, f"field {name}"
        )
        before = table.source.told
        if not isinstance(value, dict):
            table.tell('write a table, such as { type = "text" }')
        else:
            fields.append(_field(table, name, made))
        if made and name in changes.NAMES:
            table.tell(f"{name!r} is made beside what is declared; take another name")
        tell_column_name(table, name)
        if table.source.told > before:
            broken.add(name)
    return tuple(fields), broken


def _field(table: DeclaredTable, name: str, made: bool) -> Field:
    table.require("type", *(("sql",) if made else ()))
    kind: FieldType = table.one_of("type", get_args(FieldType)) or "text"  # type: ignore[assignment]
    given = "type" in table
    for key, kinds in _ONLY.items():
        if given and key in table and kind not in kinds:
            table.tell(f"{key!r} is only of fields of type {' or '.join(kinds)}", key)
    for key in _OF_SENDERS if made else ("sql",):
        if key in table:
            streams = "that are posted to" if made else "with [attribution]"
            table.tell(f"{key!r} is only of fields of streams {streams}", key)
    if kind == "decimal":
        table.require("scale")
    scale = table.whole("scale", 1, MOST_PLACES) or 0
    values = table.texts("values")
    if kind == "enum":
        _require_values(table, values)
    zone = table.text("zone")
    if zone is not None and not _is_zone(zone):
        table.tell(f"{zone!r} is no time zone{proposal(zone, available_timezones())}", "zone")
        zone = None
    least, most = _bounds(table, kind, scale)
    field = Field(
        name=name,
        type=kind,
        required=table.flag("required") or False,
        scale=scale,
        values=values,
        zone=zone,
        minimum=least,
        maximum=most,
        max_length=table.whole("max_length", 1, MOST_CHARACTERS) or MOST_CHARACTERS,
        description=table.text("description") or "",
        example=table.text("example"),
        integers=table.flag("integers") or False,
        sql=table.text("sql") or "",
    )
    if field.example is not None and given:
        reason = example.reason_against(field, field.example)
        if reason is not None:
            table.tell(f"its example {field.example!r} {reason}", "example")
    table.end()
    return field


@lru_cache(maxsize=64)
def _is_zone(name: str) -> bool:
    # All of them are looked for in hundreds of files.
    return name == "UTC" or name in available_timezones()


def _require_values(table: DeclaredTable, values: tuple[str, ...]) -> None:
    if not values:
        table.tell('an enum needs `values`, such as ["view", "cart"]')
    if len(values) > MOST_VALUES:
        table.tell(f"an enum has at most {MOST_VALUES} values; take a text", "values")
    for place, value in enumerate(values):
        if value != value.strip() or len(value) > MOST_CHARACTERS:
            table.tell(f"{value!r} begins or ends with a space, or is too long", "values", place)


def _bounds(table: DeclaredTable, kind: FieldType, scale: int) -> tuple[int, int]:
    first, last = LEAST_INTEGER, MOST_INTEGER
    if kind == "decimal":
        first, last = -MOST_DECIMAL, MOST_DECIMAL
    bounds = []
    for key, default in (("minimum", first), ("maximum", last)):
        number = table.number(key)
        minor = default if number is None else _minor(number, scale)
        if minor is None:
            table.tell(f"{key!r} has more than {scale} places", key)
        elif not first <= minor <= last:
            table.tell(f"{key!r} is beyond what a field of type {kind} holds", key)
            minor = None
        bounds.append(default if minor is None else minor)
    if bounds[0] > bounds[1]:
        table.tell("'minimum' is greater than 'maximum'", "minimum")
    return bounds[0], bounds[1]


def _minor(number: Decimal, scale: int) -> int | None:
    """In minor units; None with more places than those."""
    if abs(number) > MOST_INTEGER:
        return MOST_INTEGER + 1 if number > 0 else LEAST_INTEGER - 1
    digits = number.normalize().as_tuple().exponent
    if isinstance(digits, int) and -digits > scale:
        return None
    return int(number.scaleb(scale))
