"""Reads `[attribution]` of a definition; `attribution_links` holds it against its streams."""

from collections.abc import Mapping
from typing import NamedTuple

from tillstream.streams.declared_names import tell_table_name
from tillstream.streams.declared_store import read_store
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import Attribution, Joined, Model, Stream

#: The models by which the row of a conversion names one touch.
_MODELS: tuple[Model, ...] = ("first_touch", "last_touch", "last_non_direct")


class DeclaredAttribution(NamedTuple):
    """An attribution as far as it could be read, before its streams are known."""

    table: DeclaredTable
    stream: Stream
    #: With `touch_id` "" where it is that of the touches, and `conversion_id` always so.
    attribution: Attribution

    def tell_field(self, name: str, text: str) -> None:
        """Note a mistake of a field of the stream."""
        self.table.source.tell(("fields", name, "sql"), f"field {name}: {text}")

    def tell_stream(self, text: str, key: str) -> None:
        """Note a mistake of the stream."""
        self.table.source.tell(("stream", key), f"stream {self.stream.name}: {text}")


def read_attribution(table: DeclaredTable, stream: Stream) -> DeclaredAttribution:
    """The attribution that makes the stream."""
    table.what = f"attribution {stream.name}"
    table.require("conversions", "touches", "key", "window", "model", "channel", "credits")
    credited = table.text("credits")
    if credited is not None and not tell_table_name(table, credited, "credits"):
        credited = None
    tables = [_joined(table, place, each) for place, each in enumerate(table.tables("table"))]
    store = read_store(table, "events_")
    found = Attribution(
        stream=stream.name,
        credits=credited or "",
        conversions=table.text("conversions") or "",
        touches=table.text("touches") or "",
        key=table.text("key") or "",
        conversion_id="",
        touch_id=table.text("touch_id") or "",
        window_us=table.duration("window") or 0,
        model=table.one_of("model", _MODELS) or _MODELS[0],  # type: ignore[arg-type]
        channel=table.text("channel") or "",
        direct=table.texts("direct"),
        tables=tuple(tables),
        database=store.database,
        collection=store.collection,
    )
    table.end()
    return DeclaredAttribution(table, stream, found)


def _joined(table: DeclaredTable, place: int, values: Mapping[str, object]) -> Joined:
    path = (*table.path, "table", place)
    each = DeclaredTable(table.source, path, values, f"{table.what}, table {place + 1}")
    each.require("stream", "key", "by")
    found = Joined(
        stream=each.text("stream") or "", key=each.text("key") or "", by=each.text("by") or ""
    )
    each.end()
    return found
