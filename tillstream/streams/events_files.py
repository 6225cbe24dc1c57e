"""The folder of one stream's archived events, and all of them as relations of DuckDB."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tillstream.file_store import FileStore
from tillstream.manifest_file import MANIFEST
from tillstream.query_engine import quoted
from tillstream.streams import archived_columns, columns
from tillstream.streams.definition import Stream
from tillstream.streams.events_manifest import (
    FOLDER,
    EventsFile,
    EventsManifest,
    decode,
    encode,
)


class EventsFiles(FileStore):
    """The files of a stream below PARQUET_URL, and the manifest that names them."""

    def __init__(self, archive_url: str, stream: str) -> None:
        super().__init__(f"{archive_url.rstrip('/')}/{FOLDER}/{stream}")
        self.stream = stream

    def manifest(self) -> EventsManifest:
        """The archive as it is now; one without files when nothing was written yet."""
        content = self.read(MANIFEST)
        if content is None:
            return EventsManifest(stream=self.stream)
        return decode(content, self._path(MANIFEST))

    def commit(self, manifest: EventsManifest) -> None:
        """Put a manifest in the place of the last one, in one step: now its files count."""
        self.replace(MANIFEST, encode(manifest))

    def publish(self, path: Path, written: EventsFile) -> None:
        """Bring a written file into the archive; it counts once a manifest names it."""
        self.put(path, written.file)

    def opened(self, one: EventsFile) -> Any:
        """A file of the manifest, to be read; a context manager."""
        return self.filesystem.open(self._path(one.file), "rb")

    def sweep(self, manifest: EventsManifest) -> int:
        """Remove every data file that the manifest does not name; returns how many."""
        return self.remove_but("day=*/*.parquet", manifest.names())

    def files_sql(self, files: Sequence[EventsFile]) -> str:
        """The rows of some files, at least one, as SQL of a relation."""
        locations = ", ".join(quoted(self.location(one.file)) for one in files)
        return f"read_parquet([{locations}], union_by_name = true, hive_partitioning = false)"

    def view_sql(self, manifest: EventsManifest) -> str:
        """The stream as a reader is shown it: times TIMESTAMPTZ, decimals DECIMAL."""
        types = manifest.columns.items()
        empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in types) or "NULL AS nothing"
        sql = f"SELECT {empty} WHERE false"
        if manifest.files:
            hidden = ", ".join(archived_columns.FOR_IDENTITY)
            files = self.files_sql(manifest.files)
            sql += f" UNION ALL BY NAME SELECT * EXCLUDE ({hidden}) FROM {files}"  # noqa: S608 - ours
        return sql

    def counted_sql(self, stream: Stream, files: Sequence[EventsFile]) -> str:
        """The rows of some files, at least one, as they were counted: integers, not decimals."""
        names = [field.name for field in archived_columns.schema(stream)]
        # A field that none of the files has is null.
        empty = ", ".join(f"NULL::{_sql_type(stream, name)} AS {name}" for name in names)
        read = f"SELECT {empty} WHERE false UNION ALL BY NAME SELECT * FROM {self.files_sql(files)}"  # noqa: S608
        counted = [f"{archived_columns.counted_sql(stream, name)} AS {name}" for name in names]
        return f"SELECT {', '.join(counted)} FROM ({read})"  # noqa: S608 - names of the definition


def archived_streams(archive_url: str) -> list[EventsFiles]:
    """Every stream that has an archive, by name."""
    store = FileStore(f"{archive_url.rstrip('/')}/{FOLDER}")
    found = store.names(f"*/{MANIFEST}")
    return [EventsFiles(archive_url, name.split("/")[0]) for name in sorted(found)]


def _sql_type(stream: Stream, name: str) -> str:
    identity = {columns.CLOUDEVENT: "VARCHAR", columns.BODY: "BLOB"}
    return identity.get(name) or archived_columns.sql_types(stream)[name]
