"""What a definition declares: streams of events and the windows that count them. Pure data.

Definitions are read from TOML files by `definitions_file`; docs/streams.md says how they are
written. Inside, times are microseconds since 1970 in UTC, and decimals are minor units of their
field: both are 64-bit integers, as in the SQL of windows (docs/decisions/0022).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

MICROSECONDS = 1_000_000

FieldType = Literal["text", "integer", "decimal", "boolean", "timestamp", "enum"]
#: Who writes a stream: senders by HTTP, the door itself, the tills by their receipts, or the events
#: worker, which makes it of other streams.
Source = Literal["senders", "door", "receipts", "attribution"]
#: How a conversion is credited to the touches before it (docs/attribution.md).
Model = Literal[
    "first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "position_based"
]
MeasureKind = Literal["count", "sum", "min", "max", "distinct"]
#: How a number of a window is read: as it is, as a time, or as a decimal of `scale`.
ReadAs = Literal["integer", "timestamp", "decimal", "text", "boolean"]

#: Integers of 64 bits: what every store behind the door holds.
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**63 - 1
#: Minor units of a decimal: 18 digits, with room for sums over many events.
MOST_DECIMAL = 10**15
#: Characters of a text, unless its field says fewer.
MOST_CHARACTERS = 4_096


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a definition."""


class Field(Declared, frozen=True):
    """A field of a stream's events. An empty text is no text: it is null, in every format."""

    name: str
    type: FieldType
    #: Whether null is refused.
    required: bool = False
    #: Of a decimal: its places; a value with more is refused.
    scale: int = 0
    #: Of an enum: the values that are allowed.
    values: tuple[str, ...] = ()
    #: Of a timestamp: the zone of a text that names none; without it such a text is refused.
    zone: str | None = None
    #: Of integers, and of decimals in minor units: the bounds, both allowed.
    minimum: int = LEAST_INTEGER
    maximum: int = MOST_INTEGER
    #: Of a text: most characters.
    max_length: int = MOST_CHARACTERS
    description: str = ""
    #: A value that is shown in examples, as text.
    example: str | None = None
    #: Of a text: whether an integer is taken too, as its digits.
    integers: bool = False
    #: Of a stream that is made of others: what its value is, see Attribution.
    sql: str = ""


class Stream(Declared, frozen=True):
    """A stream of events, its fields in their order."""

    name: str
    fields: tuple[Field, ...]
    version: int = 1
    title: str = ""
    #: The timestamp field that says when an event happened; None is the clock of the door, under
    #: the name `event_time`.
    event_time: str | None = None
    #: For so long after a window's end its events are awaited, microseconds.
    lateness_us: int = 0
    #: The fields that an event is known by; of several with the same values the first counts.
    identity: tuple[str, ...] = ()
    #: For so long events are kept in the archive, microseconds; None is for ever.
    retention_us: int | None = None
    #: The fields that name a person: erased with every window unchanged.
    persons: tuple[str, ...] = ()
    #: Whether events may come in CloudEvents 1.0; `source` and `id` are their identity.
    cloudevents: bool = False
    #: Who writes it; only streams of `senders` may be posted to.
    source: Source = "senders"

    @property
    def has_changes(self) -> bool:
        """Whether its rows are changes with a `sign` (tillstream/streams/changes.py)."""
        return self.source == "attribution"

    def field(self, name: str) -> Field:
        """The field of that name; raises KeyError."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def time_column(self) -> str:
        """The column of the event time, microseconds."""
        return self.event_time or "event_time"


class Key(Declared, frozen=True):
    """What a window's rows are told apart by, beside their time."""

    name: str
    #: A field, or SQL over the fields.
    sql: str
    read_as: ReadAs = "text"
    scale: int = 0


class Measure(Declared, frozen=True):
    """A figure of a window that can be merged: partial ones add up to that of the whole."""

    name: str
    kind: MeasureKind
    #: What is counted, summed or compared; `*` for all events.
    argument: str
    read_as: ReadAs = "integer"
    scale: int = 0
    #: Kept for `columns`, and not shown.
    hidden: bool = False
    unit: str = ""


class Column(Declared, frozen=True):
    """A figure that is made of a row's keys and measures when it is read; may divide."""

    name: str
    sql: str
    unit: str = ""


class Window(Declared, frozen=True):
    """Events of a stream counted by time and keys."""

    name: str
    stream: str
    size_us: int
    measures: tuple[Measure, ...]
    title: str = ""
    #: SQL of the time that is windowed, microseconds; "" is the stream's event time.
    time: str = ""
    #: SQL of the events that count; "" is all.
    where: str = ""
    keys: tuple[Key, ...] = ()
    columns: tuple[Column, ...] = ()
    #: Where the bounds of a row stand; a dot is a level: `window.start`.
    start_column: str = "start"
    end_column: str = "end"
    #: For so long rows are kept, microseconds of event time, and of the clock since they changed;
    #: None is for ever.
    retention_us: int | None = None
    #: Where MongoDB has the rows; "" is the archive's database.
    database: str = ""
    collection: str = ""
    #: The measures, columns and key that are drawn first.
    chart: tuple[str, ...] = ()

    @property
    def collection_name(self) -> str:
        """The collection of its rows in MongoDB."""
        return self.collection or f"windows_{self.name}"

    @property
    def distinct(self) -> tuple[Measure, ...]:
        """The measures that count distinct values."""
        return tuple(measure for measure in self.measures if measure.kind == "distinct")

    @property
    def merged(self) -> tuple[Measure, ...]:
        """The measures that are merged number by number."""
        return tuple(measure for measure in self.measures if measure.kind != "distinct")


class Joined(Declared, frozen=True):
    """A stream as a table: the newest of its events by a field, in the order of the log."""

    stream: str
    #: The field of that stream, which is its identity as a table.
    key: str
    #: The field of the conversions that has such a value.
    by: str


class Attribution(Declared, frozen=True):
    """Conversions, each with the touches of the same key in a time before it.

    It makes two streams of changes: one row for each conversion, and one for each of its channels
    with the credits of every model.
    """

    #: The stream of conversions with their touch.
    stream: str
    #: The stream of credits.
    credits: str
    conversions: str
    touches: str
    #: A field of both, such as the user.
    key: str
    #: The fields that name a conversion and a touch.
    conversion_id: str
    touch_id: str
    #: How long before a conversion a touch counts, both ends included, microseconds.
    window_us: int
    #: Which touch the row of a conversion names.
    model: Model
    #: The field of touches that is credited.
    channel: str
    #: The channels that are nobody's merit, for `last_non_direct`.
    direct: tuple[str, ...] = ()
    tables: tuple[Joined, ...] = ()
    #: Where MongoDB has the newest row of each conversion; "" is the archive's database, and
    #: `events_` with the stream's name.
    database: str = ""
    collection: str = ""

    @property
    def collection_name(self) -> str:
        """The collection of its rows in MongoDB."""
        return self.collection or f"events_{self.stream}"


class Definitions(Declared, frozen=True):
    """Every stream and window that is declared, by name; those of `builtin` are among them."""

    streams: Mapping[str, Stream]
    windows: Mapping[str, Window]
    #: By the stream that each makes.
    attributions: Mapping[str, Attribution] = {}

    @property
    def events(self) -> Mapping[str, Stream]:
        """The streams of the log of events: all but those of receipts."""
        return {name: one for name, one in self.streams.items() if one.source != "receipts"}

    @property
    def receipts(self) -> Mapping[str, Stream]:
        """The streams of the log of receipts; none unless a window counts one of them."""
        return {name: one for name, one in self.streams.items() if one.source == "receipts"}

    def windows_of(self, stream: str) -> tuple[Window, ...]:
        """The windows over a stream."""
        return tuple(window for window in self.windows.values() if window.stream == stream)
