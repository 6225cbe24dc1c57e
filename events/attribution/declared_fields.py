"""The declared fields of conversions: one SELECT of DuckDB over what they are made of."""

import re
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.inputs import plain_field
from events.windows import engine
from events.windows.isolation import require_events_fault
from tillstream.errors import TillstreamError
from tillstream.streams.definition import MOST_DECIMAL, Field, Stream

_WORD = re.compile(r"\w+")
_FLAT = "attributed_values"
_SQL_TYPES = {"text": "VARCHAR", "enum": "VARCHAR", "boolean": "BOOLEAN"}


class DeclaredFieldsError(TillstreamError):
    """SQL of declared fields that cannot be run, whatever the rows are."""


class DeclaredFields:
    """The fields of a stream of changes that are declared with SQL."""

    def __init__(self, stream: Stream, values: pa.Schema) -> None:
        """`values` are the columns that the SQL is over; raises DeclaredFieldsError where it cannot
        be run over them.
        """
        declared = [field for field in stream.fields if field.sql]
        self.schema = pa.schema([plain_field(stream, field.name) for field in declared])
        #: Fields that are a column as it is: most of them, at no cost of a query.
        self._columns = {
            field.name: field.sql
            for field in declared
            if field.sql in values.names
            and values.field(field.sql).type == self.schema.field(field.name).type
        }
        self._fields = [field for field in declared if field.name not in self._columns]
        words = {word for field in self._fields for word in _WORD.findall(field.sql)}
        # A query over no column would have no rows.
        self._used = [name for name in values.names if name in words] or values.names[:1]
        #: Values that could not be computed, or exceed what their type holds, since it was made.
        self.nulled = 0
        self._database = engine.connect()
        try:
            self._selected(values.empty_table(), declared)
        except duckdb.Error as error:
            raise DeclaredFieldsError(f"{stream.name}: {error}") from error

    def select(self, values: pa.Table) -> pa.Table:
        """The fields of each row of `values`, in its order.

        A field that cannot be computed for a row, or exceeds what its type holds, is null there.
        Raises what no row is to blame for.
        """
        if not values.num_rows:
            return self.schema.empty_table()
        found = {name: values.column(column) for name, column in self._columns.items()}
        if self._fields:
            made = self._rows(values.select(self._used), self._fields)
            found |= dict(zip(made.column_names, made.columns, strict=True))
        arrays = [found[name] for name in self.schema.names]
        return pa.Table.from_arrays(arrays, schema=self.schema).combine_chunks()

    def _rows(self, values: pa.Table, fields: Sequence[Field]) -> pa.Table:
        """All together, and in halves where that fails, down to a field of a row."""
        try:
            return self._selected(values, fields)
        except duckdb.Error as error:
            require_events_fault(error)
        if values.num_rows > 1:
            half = values.num_rows // 2
            parts = (values.slice(0, half), values.slice(half))
            return pa.concat_tables([self._rows(part, fields) for part in parts])
        if len(fields) > 1:
            found = [self._rows(values, [field]) for field in fields]
            schema = pa.schema([self.schema.field(field.name) for field in fields])
            return pa.Table.from_arrays([one.column(0) for one in found], schema=schema)
        self.nulled += 1
        schema = pa.schema([self.schema.field(fields[0].name)])
        return pa.Table.from_arrays([pa.nulls(1, schema.field(0).type)], schema=schema)

    def _selected(self, values: pa.Table, fields: Sequence[Field]) -> pa.Table:
        self._database.register(_FLAT, values)
        try:
            beyond = [_beyond(field) for field in fields if field.type == "decimal"]
            some = ", ".join([*map(_column, fields), *beyond])
            query = self._database.sql(f"SELECT {some} FROM {_FLAT}")  # noqa: S608 - declared SQL
            found: pa.Table = query.to_arrow_table()
        finally:
            self._database.unregister(_FLAT)
        self.nulled += sum(pc.sum(each).as_py() or 0 for each in found.columns[len(fields) :])
        names = [field.name for field in fields]
        return found.select(names).cast(pa.schema([self.schema.field(name) for name in names]))


def _column(field: Field) -> str:
    kind = _SQL_TYPES.get(field.type, "BIGINT")
    value = f"CAST(({field.sql}) AS {kind})"
    if field.type == "decimal":
        value = f"CASE WHEN {_is_within(value)} THEN {value} END"
    return f"{value} AS {field.name}"


def _is_within(value: str) -> str:
    return f"{value} BETWEEN -{MOST_DECIMAL} AND {MOST_DECIMAL}"


def _beyond(field: Field) -> str:
    """Whether a decimal exceeds what its type holds."""
    return f"(NOT {_is_within(f'CAST(({field.sql}) AS BIGINT)')})::INTEGER"
