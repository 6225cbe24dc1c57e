"""SQL over every receipt: Parquet for the days of the manifest, MongoDB for all the rest.

What is where is decided once for a query: the manifest is read first, as one file, and names the
days whose files are read. From MongoDB comes whatever is of another day, and whatever was stored
since those days were compared with it; of both, what a file has too is left out by its key.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import duckdb
import pyarrow as pa
from pymongo.database import Database

from persistence.parquet import engine, rows
from persistence.parquet.attribution_views import AttributionViews
from persistence.parquet.columns import money_schema
from persistence.parquet.engine import types_of
from persistence.parquet.events_views import ArchivedView, make_events_views
from persistence.parquet.source import Source
from persistence.parquet.storage import Storage
from persistence.parquet.stored import UnreadableReceiptError
from tillstream import query_engine
from tillstream.archive import Document
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import Manifest
from tillstream.runtime.progress import Progress
from tillstream.streams.definition import Definitions

#: How much later than its `storedAt` a receipt may appear in MongoDB: a write that waits for a
#: majority, and the clocks of several workers. What comes twice for it is left out.
SETTLING = timedelta(hours=1)

#: Names that no stream's view has.
RECEIPT_VIEWS = ("receipts", "lines", "payments")

#: Types that Arrow or Python would change: DuckDB writes them as text. The upper half of UHUGEINT
#: came as negative numbers, TIMETZ without its offset, 24:00 as 00:00, BIT as bytes.
_AS_TEXT = re.compile(r"\b(?:UHUGEINT|(?<!WITH )TIME|TIME_NS|TIMESTAMP_NS|BIT|INTERVAL)\b")

LINES = """
    SELECT key, store, till, businessDay, date, type, currency,
        line.number AS line, line.product AS product, line.description AS description,
        line.categoryCode AS categoryCode, line.category AS category,
        line.quantity AS quantity, line.unit AS unit, line.unitPrice AS unitPrice,
        line.net AS net, line.taxPercentage AS taxPercentage, line.gross AS gross
    FROM (
        SELECT key, store, till, businessDay, date, type, currency, unnest(lines) AS line
        FROM receipts
    )
"""
PAYMENTS = """
    SELECT key, store, till, businessDay, date, type, currency,
        payment.mechanism AS mechanism, payment.amount AS amount
    FROM (
        SELECT key, store, till, businessDay, date, type, currency, unnest(payments) AS payment
        FROM receipts
    )
"""


class QueryError(TillstreamError):
    """A query that cannot be answered, in one line."""


class Answer(NamedTuple):
    """Column names, and the rows as they come."""

    columns: list[str]
    rows: Iterator[tuple[object, ...]]
    #: Receipts of MongoDB that it is without.
    left_out: Sequence[UnreadableReceiptError] = ()


class Declared(NamedTuple):
    """What is needed for streams that are made of others: definitions, read when they are wanted,
    and the archive's database.
    """

    definitions: Callable[[], Definitions]
    database: Database[Document]


@contextmanager
def answered(
    source: Source,
    storage: Storage,
    sql: str,
    zone: str,
    declared: Declared | None = None,
    shown: Progress | None = None,
) -> Iterator[Answer]:
    """The answer of one SELECT over the views `receipts`, `lines` and `payments`, and that of
    each stream of events.

    Times are in `zone`; `shown` is told of receipts that come from MongoDB. The query can neither
    write nor read anything but the views. Raises QueryError.
    """
    require_select(sql)
    with query_engine.engine(storage) as connection:
        connection.execute(f"SET TimeZone = {query_engine.quoted(zone)}")
        manifest = storage.manifest()
        left_out: list[UnreadableReceiptError] = []
        # A query that names none of their views waits for no receipt of MongoDB.
        named = set(RECEIPT_VIEWS) & {word.lower() for word in re.findall(r"\w+", sql)}
        beside = _beside(source, manifest, left_out, shown or Progress()) if named else ()
        _make_views(connection, beside, storage, manifest)
        events: list[ArchivedView] = []
        try:
            made = AttributionViews(connection, *declared) if declared else None
            events = make_events_views(connection, storage.url, sql, RECEIPT_VIEWS, made)
            _lock(connection, storage, manifest, events)
            relation = connection.sql(sql)
            yield Answer(relation.columns, exact_rows(relation), left_out)
        except (duckdb.Error, pa.ArrowException) as error:
            if storage.manifest() != manifest or not all(view.is_current() for view in events):
                raise QueryError("days were written anew meanwhile; ask again") from error
            raise QueryError(one_line(error)) from error


def require_select(sql: str) -> None:
    """Raises QueryError unless `sql` is one statement, and one that only reads."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(one_line(error)) from error
    kinds = [statement.type for statement in statements]
    if kinds != [duckdb.StatementType.SELECT]:
        raise QueryError(
            "one SELECT is answered at a time, over the views receipts, lines and payments and"
            " that of each stream of events;"
            f" this has {', '.join(kind.name for kind in kinds) or 'no statement'}"
        )


def one_line(error: Exception) -> str:
    """What DuckDB says, and where in the query, without its drawing of the place."""
    said, _, place = str(error).partition("\n\nLINE ")
    found = re.match(r"(\d+): .*\n( *)\^", place)
    where = f" (line {found[1]}, column {len(found[2]) - len(found[1]) - 6})" if found else ""
    return " ".join(said.split()) + where


def _beside(
    source: Source,
    manifest: Manifest,
    left_out: list[UnreadableReceiptError],
    shown: Progress,
) -> Iterable[pa.RecordBatch]:
    """The receipts of MongoDB that the files may not have."""
    since = manifest.checkedAt - SETTLING if manifest.checkedAt else None
    found = rows.carried(source.beside(manifest.days, since), left_out.append)
    if since is None:
        shown.expect(source.estimated_receipts())
    for each in found:
        yield each.batch
        shown.advance(each.batch.num_rows)


def _make_views(
    connection: duckdb.DuckDBPyConnection,
    beside: Iterable[pa.RecordBatch],
    storage: Storage,
    manifest: Manifest,
) -> None:
    with engine.streamed(connection, "beside", beside):
        connection.execute("CREATE OR REPLACE TEMP TABLE fromMongo AS FROM beside")
    # A day is marked before MongoDB drops the first of it: what was read until here is whole.
    if not set(storage.manifest().dropped()) <= manifest.days.keys():
        raise QueryError("days were moved meanwhile; ask again")
    days = connection.execute("SELECT DISTINCT businessDay FROM fromMongo").fetchall()
    known = engine.matching(
        storage,
        manifest.near(day for (day,) in days),
        engine.key_range(connection, "fromMongo"),
    )
    connection.execute(f"DELETE FROM fromMongo WHERE key IN (SELECT key FROM {known})")  # noqa: S608 - files are ours
    beside_them = connection.execute("SELECT DISTINCT currency FROM fromMongo").fetchall()
    currencies = {each for day in manifest.archived() for each in day.by_currency}
    schema = money_schema(currencies.union(each for (each,) in beside_them))
    columns = ", ".join(f"{name}::{kind} AS {name}" for name, kind in types_of(schema).items())
    archived = engine.files_sql(storage, manifest.archived(), schema)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW receipts AS FROM {archived}"  # noqa: S608 - columns are ours
        f" UNION ALL SELECT {columns} FROM fromMongo"
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW lines AS {LINES}")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW payments AS {PAYMENTS}")


def _lock(
    connection: duckdb.DuckDBPyConnection,
    storage: Storage,
    manifest: Manifest,
    events: Sequence[ArchivedView],
) -> None:
    """From here on nothing is read but the files of the archive, and nothing is set."""
    locations = [storage.location(file) for file in manifest.files()]
    locations += [location for view in events for location in view.locations()]
    files = ", ".join(map(query_engine.quoted, locations))
    connection.execute(f"SET allowed_paths = [{files}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def exact_rows(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[object, ...]]:
    """The rows, each value as it is: text where Python has none. Raises QueryError as they come."""
    kinds = [_AS_TEXT.search(str(kind)) for kind in relation.types]
    names = relation.columns
    if any(kinds):
        columns = (f"#{place}{'::VARCHAR' if kind else ''}" for place, kind in enumerate(kinds, 1))
        relation = relation.project(
            ", ".join(f"{each} AS c{at}" for at, each in enumerate(columns))
        )
    return _rows(relation.to_arrow_reader(rows.BATCH), names)


def _rows(reader: pa.RecordBatchReader, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for batch in reader:
        columns = [_values(*each) for each in zip(names, batch.columns, strict=True)]
        yield from zip(*columns, strict=True)


def _values(name: str, column: pa.Array) -> list[object]:
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError) as error:
        raise QueryError(
            f"{name}: a date or time outside the years 1 to 9999; ask for it as text, CAST(... AS"
            " VARCHAR)"
        ) from error
