"""The folder or object store of the analytic archive: files appear whole, the manifest at once."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from persistence.parquet.scratch import scratch_folder
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import MANIFEST, Manifest, decode, encode
from tillstream.runtime.files import sync
from tillstream.runtime.settings import redacted

#: Files on their way, in a local archive. A hidden folder is no partition to any reader.
WRITING = ".writing"

#: By what file systems tell an object from the one before it.
_VERSION = ("ETag", "etag", "LastModified", "updated", "created", "mtime", "ino", "size")


class StorageError(TillstreamError):
    """The place of the archive cannot be used."""


class Storage:
    """Files below one URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._fs, self._root = fsspec.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise StorageError(
                f"PARQUET_URL={redacted(url)!r}: {error}; give a folder or an fsspec URL"
            ) from error
        self._root = self._root.rstrip("/")
        self.local = isinstance(self._fs, LocalFileSystem)

    @property
    def filesystem(self) -> fsspec.AbstractFileSystem:
        """What DuckDB reads with, where the files are not local."""
        return self._fs

    def location(self, file: str) -> str:
        """Where DuckDB finds a file of the manifest."""
        path = self._path(file)
        return path if self.local else str(self._fs.unstrip_protocol(path))

    def manifest(self) -> Manifest:
        """The archive as it is now; one without days when nothing was written yet."""
        try:
            content = self._fs.cat_file(self._path(MANIFEST))
        except FileNotFoundError:
            return Manifest()
        except OSError as error:
            raise self._failed("be read", error) from error
        return decode(content, self._path(MANIFEST))

    def version(self) -> tuple[str, ...]:
        """What is another once the manifest is another; empty where there is none."""
        path = self._path(MANIFEST)
        # An object store's client may remember what it has listed.
        self._fs.invalidate_cache(path)
        try:
            found = self._fs.info(path)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._failed("be read", error) from error
        return tuple(str(found.get(name)) for name in _VERSION)

    def commit(self, manifest: Manifest) -> None:
        """Put a manifest in the place of the last one, in one step: now its files count."""
        content = encode(manifest)
        if not self.local:
            # An object is replaced as a whole: a reader has the one or the other.
            self._fs.pipe_file(self._path(MANIFEST), content)
            return
        with self.file_to_write() as path:
            path.write_bytes(content)
            self._put_local(path, MANIFEST)

    @contextmanager
    def file_to_write(self) -> Iterator[Path]:
        """The path of a local file, to be written and published; removed if it is not."""
        try:
            if self.local:
                # On the disk of the archive, so that a rename is enough.
                writing = Path(self._path(WRITING))
                writing.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=writing) as folder:
                    yield Path(folder) / "file"
            else:
                with scratch_folder() as folder:
                    yield folder / "file"
        except OSError as error:
            raise self._failed("be written", error) from error

    def publish(self, path: Path, day: date) -> str:
        """Bring a written file into the archive, under a name that was never used.

        It counts once a manifest names it.
        """
        name = f"businessDay={day.isoformat()}/{uuid.uuid4().hex[:16]}.parquet"
        if self.local:
            self._put_local(path, name)
        else:
            self._fs.put_file(str(path), self._path(name))
        return name

    def sweep(self, manifest: Manifest) -> int:
        """Remove every data file that the manifest does not name; returns how many.

        They are of a writing that was interrupted, or of a day that was written again.
        """
        try:
            found = self._fs.glob(self._path("businessDay=*/*.parquet"))
            named = {self._path(file) for file in manifest.files()}
            leftover = [path for path in found if path not in named]
            if leftover:
                self._fs.rm(leftover)
            if self.local and self._fs.exists(self._path(WRITING)):
                self._fs.rm(self._path(WRITING), recursive=True)
        except OSError as error:
            raise self._failed("be swept", error) from error
        return len(leftover)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _put_local(self, path: Path, name: str) -> None:
        target = Path(self._path(name))
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
            sync(target.parent.parent)
        # A loss of power cannot undo what a manifest names.
        sync(path)
        path.replace(target)
        sync(target.parent)

    def _failed(self, what: str, error: OSError) -> StorageError:
        return StorageError(f"the archive at {redacted(self.url)} cannot {what}: {error}")
