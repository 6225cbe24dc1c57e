"""Holds conversions that were made anew against the rows that are published.

What a row says of tables is what they said at its final moment, which nobody knows later: a field
that is made of a table's row stays as it is published. It is made anew, of the tables of today,

- where no row is published, or the table came since, which the row lacked;
- where it is made of the touch too, and the touches are others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from events.attribution.inputs import Inputs, single
from events.attribution.making import missing_tables
from events.verify.attribution_truth import MadeAnew
from tillstream.streams.changes import IS_FINAL, MISSING, TOUCHES
from tillstream.streams.definition import Stream

Mask = npt.NDArray[np.bool_]


class Compared(NamedTuple):
    """Conversions in the order of the log."""

    ids: pa.Array
    made: MadeAnew
    #: As they have to be, by RowMaker.schema.
    expected: pa.Table
    #: As they are, in the same order, null where there is none.
    published: pa.Table
    published_credits: pa.Table
    has_row: Mask
    #: Whose row is another one; whose credits are.
    rows_differ: Mask
    credits_differ: Mask
    #: Which lack a table, even now.
    lacks: Mask

    @property
    def differs(self) -> Mask:
        """Which conversions are to be corrected."""
        return self.rows_differ | self.credits_differ

    def some(self, most: int) -> Iterator[tuple[str | int, str, str]]:
        """Some that differ: its id, what differs as it has to be and as it is, "" of no row."""
        for place in np.flatnonzero(self.differs)[:most].tolist():
            [expected] = self.expected.slice(place, 1).to_pylist()
            [found] = self.published.slice(place, 1).to_pylist()
            names = [name for name in expected if expected[name] != found[name]]
            yield self.ids[place].as_py(), _text(expected, names), _text(found, names)


def compare(
    connection: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    stream: Stream,
    made: MadeAnew,
    published: pa.Table,
    published_credits: pa.Table,
) -> Compared:
    """`published` has at most one row of a conversion."""
    conversion_id = inputs.attribution.conversion_id
    ids = single(made.values.flat, conversion_id)
    place = pc.index_in(ids, value_set=single(published, conversion_id))
    has_row = np.asarray(place.is_valid())
    found = published.take(place)
    credits_differ = np.asarray(
        pc.is_in(ids, value_set=_other_credits(connection, made, published_credits))
    )
    tables = [one.stream for one in inputs.attribution.tables]
    lacked = {name: _lacks(single(found, MISSING), name) for name in tables}
    lacks = {name: _lacks(made.values.missing, name) for name in tables}
    came = {name: lacked[name] & ~lacks[name] for name in tables}
    missing = missing_tables(
        tables, [lacks[name] & (lacked[name] | ~has_row) for name in tables], len(ids)
    )
    expected = made.rows.set_column(
        made.rows.schema.get_field_index(MISSING), made.rows.schema.field(MISSING), missing
    )
    sources = {field.name: inputs.sources(field.sql) for field in stream.fields if field.sql}
    of_tables = {name: found for name, found in sources.items() if not found.isdisjoint(tables)}
    is_open = ~np.asarray(single(found, IS_FINAL).fill_null(False))
    differ = ~has_row
    for name in (*(each for each in sources if each not in of_tables), TOUCHES):
        differ |= _differ(single(expected, name), single(found, name))
    has_other_touches = differ | credits_differ
    differ = differ | is_open | _differ(missing, single(found, MISSING))
    for name, streams in of_tables.items():
        is_anew = ~has_row
        for table in streams & came.keys():
            is_anew = is_anew | came[table]
        if inputs.touches.name in streams:
            is_anew = is_anew | has_other_touches
        column = pc.if_else(pa.array(is_anew), single(expected, name), single(found, name))
        where = expected.schema.get_field_index(name)
        expected = expected.set_column(where, expected.schema.field(name), column)
        differ = differ | _differ(column, single(found, name))
    return Compared(
        ids,
        made,
        expected,
        found,
        published_credits,
        has_row,
        differ,
        credits_differ,
        np.asarray(missing.is_valid()),
    )


def _text(row: Mapping[str, object], names: Sequence[str]) -> str:
    """Of rows that are the same their credits differ, or that one is not final."""
    return ", ".join(f"{name}={row[name]}" for name in names) or "other credits, or not final"


def _lacks(missing: pa.Array, table: str) -> Mask:
    """Whether a table is among the names with a comma between."""
    encoded = missing.dictionary_encode()
    has = [name is not None and table in name.split(",") for name in encoded.dictionary.to_pylist()]
    # Of null the index is -1: the last.
    marks = np.array([*has, False], np.bool_)
    lacks: Mask = marks[np.asarray(encoded.indices.fill_null(-1))]
    return lacks


def _differ(one: pa.Array, other: pa.Array) -> Mask:
    unequal = pc.not_equal(one, other).fill_null(False)
    return np.asarray(pc.or_(unequal, pc.xor(one.is_null(), other.is_null())))


def _other_credits(
    connection: duckdb.DuckDBPyConnection, made: MadeAnew, published: pa.Table
) -> pa.Array:
    """The ids of conversions whose credits are not the same rows."""
    rows = made.values.credits
    names = ", ".join(rows.schema.names)
    conversion_id = rows.schema.names[0]
    connection.register("made", rows)
    connection.register("found", published.select(rows.schema.names))
    try:
        found = connection.sql(
            f"WITH ours AS (SELECT {names} FROM found WHERE {conversion_id} IN"  # noqa: S608 - declared
            f" (SELECT {conversion_id} FROM made)), both_ways AS ((FROM made EXCEPT ALL FROM ours)"
            f" UNION ALL (FROM ours EXCEPT ALL FROM made))"
            f" SELECT DISTINCT {conversion_id} FROM both_ways"
        ).to_arrow_table()
    finally:
        connection.unregister("made")
        connection.unregister("found")
    return single(found, conversion_id).cast(rows.schema.field(0).type)
