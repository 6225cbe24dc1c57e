"""Streams of changes as views: the newest row of each conversion, and under NAME_changes all rows.

The archive is about a minute behind, so the newest rows come from MongoDB too: those whose
`row_version` is not below the greatest one of the files. Rows go to the log and to MongoDB in the
order of their versions, so no row is in neither.
"""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pyarrow as pa
from bson.decimal128 import Decimal128
from pymongo.database import Database

from tillstream.archive import Document
from tillstream.streams import archived_columns, columns, window_documents
from tillstream.streams.changes import ROW_VERSION, SIGN
from tillstream.streams.definition import Attribution, Definitions, Stream
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import EventsManifest

#: What the view of all rows has behind the stream's name.
CHANGES = "_changes"
#: Documents that are in Python at once.
BATCH = 5_000
_NOT_KEPT = (SIGN, columns.RECEIVED, columns.LOG_OFFSET, columns.LOG_ROW)


class AttributionViews:
    """Makes them on one connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        definitions: Callable[[], Definitions],
        database: Database[Document],
    ) -> None:
        """`definitions` are read when a query names a stream of changes; `database` is that of
        receipts.
        """
        self._connection = connection
        self._load = definitions
        self._database = database
        self._definitions: Definitions | None = None

    def make(self, files: EventsFiles, manifest: EventsManifest) -> bool:
        """Make both views of a stream; False where it is no stream of changes."""
        if not {SIGN, ROW_VERSION} <= manifest.columns.keys():
            return False
        if self._definitions is None:
            self._definitions = self._load()
        name = files.stream
        for attribution in self._definitions.attributions.values():
            if name in (attribution.stream, attribution.credits):
                changes = name + CHANGES
                self._view(changes, files.view_sql(manifest))
                if name == attribution.stream:
                    self._add_newest(attribution, self._definitions.streams[name], files, manifest)
                    self._view(name, _newest(changes, attribution.conversion_id, _in_mongo(name)))
                else:
                    self._view(name, _newest(changes, attribution.conversion_id))
                return True
        return False

    def _view(self, name: str, sql: str) -> None:
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")

    def _add_newest(
        self,
        attribution: Attribution,
        stream: Stream,
        files: EventsFiles,
        manifest: EventsManifest,
    ) -> None:
        """The rows of MongoDB that the files may not have, as a table."""
        schema = _schema(stream)
        least = 0
        if manifest.files:
            newest = files.files_sql(manifest.files[-1:])
            sql = f"SELECT coalesce(max({ROW_VERSION}), 0) FROM {newest}"  # noqa: S608 - ours
            [(least,)] = self._connection.execute(sql).fetchall()
        table = _in_mongo(attribution.stream)
        batches = self._documents(attribution, schema, least)
        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self._connection.register("from_mongo", reader)
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM from_mongo")
        self._connection.unregister("from_mongo")

    def _documents(
        self, attribution: Attribution, schema: pa.Schema, least: int
    ) -> Iterator[pa.RecordBatch]:
        database = self._database
        if attribution.database:
            database = database.client[attribution.database]
        collection = database.get_collection(
            attribution.collection_name,
            codec_options=window_documents.OPTIONS,
            read_concern=self._database.read_concern,
        )
        part: list[dict[str, Any]] = []
        for document in collection.find({ROW_VERSION: {"$gte": least}}):
            part.append({field.name: _plain(document.get(field.name)) for field in schema})
            if len(part) == BATCH:
                yield pa.RecordBatch.from_pylist(part, schema)
                part = []
        yield pa.RecordBatch.from_pylist(part, schema)


def _newest(changes: str, conversion: str, in_mongo: str = "") -> str:
    """Of each conversion the rows of its greatest version; of one version those of the files."""
    rows = f"SELECT *, 0 AS place FROM {changes} WHERE {SIGN} <> -1"  # noqa: S608 - declared names
    if in_mongo:
        rows += f" UNION ALL BY NAME SELECT *, 1 AS place FROM {in_mongo}"  # noqa: S608
    return (
        f"SELECT * EXCLUDE ({SIGN}, place) FROM ({rows})"  # noqa: S608
        f" QUALIFY rank() OVER (PARTITION BY {conversion} ORDER BY {ROW_VERSION} DESC, place) = 1"
    )


def _in_mongo(stream: str) -> str:
    return f"{stream}_in_mongo"


def _schema(stream: Stream) -> pa.Schema:
    own = archived_columns.schema(stream)
    shown = [name for name in archived_columns.sql_types(stream) if name not in _NOT_KEPT]
    return pa.schema([own.field(name) for name in shown])


def _plain(value: Any) -> Any:
    return value.to_decimal() if isinstance(value, Decimal128) else value
