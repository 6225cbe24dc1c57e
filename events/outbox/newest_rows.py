"""The newest rows of an attribution that its readers were not told yet, and their snapshot."""

from typing import Any

import pyarrow as pa

from tillstream.streams import attribution_documents
from tillstream.streams.attribution_snapshot import MOST_ROWS
from tillstream.streams.changes import SIGN
from tillstream.streams.definition import Attribution, Stream
from tillstream.streams.window_rows import json_value


class NewestRows:
    """At most MOST_ROWS, of each conversion the newest."""

    def __init__(self, attribution: Attribution, stream: Stream) -> None:
        self._id = attribution.conversion_id
        self._stream = stream
        self._rows: dict[Any, dict[str, Any]] = {}

    def add(self, made: pa.RecordBatch) -> None:
        """Rows that were made, in their order."""
        # A conversion that changes has two rows.
        for values in made.slice(max(0, made.num_rows - 2 * MOST_ROWS)).to_pylist():
            if values[SIGN] >= 0:
                key = values[self._id]
                self._rows.pop(key, None)
                self._rows[key] = values
        for key in list(self._rows)[:-MOST_ROWS]:
            del self._rows[key]

    def taken(self) -> list[dict[str, Any]]:
        """The rows as JSON has them; they are told now."""
        rows = [
            attribution_documents.readable(self._stream, values) for values in self._rows.values()
        ]
        self._rows = {}
        return [{name: json_value(row[name]) for name in row} for row in rows]
