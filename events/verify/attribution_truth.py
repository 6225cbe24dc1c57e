"""Conversions of a time made anew of everything that came, whenever it came.

By the engine of the worker: its spans, credits and rows, with all touches held at once.
"""

from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from events.attribution.held import NEVER, Held
from events.attribution.inputs import Inputs, plain_field, single
from events.attribution.making import RowMaker, Values
from events.attribution.tables import Tables
from events.windows.deduplication import NewEvents
from tillstream.streams.definition import Attribution, Definitions, Stream
from tillstream.streams.names import LOG_OFFSET, LOG_ROW


class MadeAnew(NamedTuple):
    """Conversions in the order of the log, with the tables of today."""

    values: Values
    #: By RowMaker.schema.
    rows: pa.Table


class Truth:
    """Reads the relations of the touches and the conversions."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        attribution: Attribution,
        definitions: Definitions,
        tables: Tables,
        relations: dict[str, str],
        position: int,
    ) -> None:
        """`relations` are those of all events, by stream; but for those from `position` on."""
        self._database = connection
        self._relations = relations
        self._position = position
        self.inputs = Inputs(attribution, definitions)
        self.maker = RowMaker(self.inputs, definitions, tables)

    def times(self, from_us: int) -> str:
        """The relation of all times from one on."""
        parts = [
            f"SELECT {stream.time_column} AS time FROM {self._relations[stream.name]}"  # noqa: S608 - declared
            f" WHERE {stream.time_column} >= {from_us}"
            for stream in (self.inputs.touches, self.inputs.conversions)
        ]
        return " UNION ALL ".join(parts)

    def between(self, from_us: int, before_us: int) -> MadeAnew:
        """The conversions of a time."""
        window_us = self.inputs.attribution.window_us
        touches = self._events(self.inputs.touches, from_us - window_us, before_us)
        conversions = self._events(self.inputs.conversions, from_us, before_us)
        held = Held.nothing(self.inputs, self.maker.schema, self.maker.credits_schema)
        held, _, _ = held.with_touches(self.inputs, [touches], NEVER)
        held = held.with_conversions(self.inputs, [conversions])
        values = self.maker.values(held, held.conversions, NEVER)
        return MadeAnew(values, self.maker.rows(values.flat, values.missing, values.counts))

    def _events(self, stream: Stream, from_us: int, before_us: int) -> NewEvents:
        """In the order of the log: of what came twice the first counts."""
        names = sorted(self.inputs.wanted[stream.name])
        time = stream.time_column
        before = f"{time} < {before_us} AND {LOG_OFFSET} < {self._position}"
        found: pa.Table = self._database.sql(
            f"SELECT {', '.join(names)} FROM {self._relations[stream.name]}"  # noqa: S608 - declared
            f" WHERE {time} >= {from_us} AND {before}"
            f" ORDER BY {LOG_OFFSET}, {LOG_ROW}"
        ).to_arrow_table()
        schema = pa.schema([plain_field(stream, name) for name in names])
        table = found.cast(pa.schema([field.with_nullable(True) for field in schema]))
        batch = pa.RecordBatch.from_arrays([single(table, name) for name in names], names=names)
        return NewEvents(0, stream.name, 0, batch, np.arange(batch.num_rows), 0)
