"""A folder or object store of Parquet files: files appear whole, a manifest at once."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tillstream.errors import TillstreamError
from tillstream.runtime.files import sync
from tillstream.runtime.scratch import scratch_folder
from tillstream.runtime.settings import redacted

#: Files on their way, in a local archive. A hidden folder is no partition to any reader.
WRITING = ".writing"

#: By what file systems tell an object from the one before it.
_VERSION = ("ETag", "etag", "LastModified", "updated", "created", "mtime", "ino", "size")


class StorageError(TillstreamError):
    """The place of the archive cannot be used."""


class FileStore:
    """Files below one URL, which PARQUET_URL names or begins."""

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

    def read(self, name: str) -> bytes | None:
        """The bytes of a small file, such as a manifest; None where there is none."""
        try:
            content: bytes = self._fs.cat_file(self._path(name))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("be read", error) from error
        return content

    def version_of(self, name: str) -> tuple[str, ...]:
        """What is another once the file is another; empty where there is none."""
        path = self._path(name)
        # An object store's client may remember what it has listed.
        self._fs.invalidate_cache(path)
        try:
            found = self._fs.info(path)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._failed("be read", error) from error
        return tuple(str(found.get(name)) for name in _VERSION)

    def replace(self, name: str, content: bytes) -> None:
        """Put a file in the place of the last one, in one step."""
        if not self.local:
            # An object is replaced as a whole: a reader has the one or the other.
            self._fs.pipe_file(self._path(name), content)
            return
        with self.file_to_write() as path:
            path.write_bytes(content)
            self._put_local(path, name)

    @contextmanager
    def file_to_write(self) -> Iterator[Path]:
        """The path of a local file, to be written and put; removed if it is not."""
        try:
            if self.local:
                # On the disk of the archive, so that a rename is enough.
                writing = Path(self._path(WRITING))
                writing.mkdir(parents=True, exist_ok=True)
                # What a process left that was killed is removed by the next one.
                with scratch_folder(writing) as folder:
                    yield folder / "file"
            else:
                with scratch_folder() as folder:
                    yield folder / "file"
        except OSError as error:
            raise self._failed("be written", error) from error

    def put(self, path: Path, name: str) -> None:
        """Bring a written file into the archive; it counts once a manifest names it."""
        if self.local:
            self._put_local(path, name)
        else:
            self._fs.put_file(str(path), self._path(name))

    def get(self, name: str, path: Path) -> None:
        """Copy a file of the archive to a local path; raises FileNotFoundError where it is gone."""
        try:
            self._fs.get_file(self._path(name), str(path))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._failed("be read", error) from error

    def names(self, pattern: str) -> list[str]:
        """The files that match a glob, by their names below the store."""
        try:
            found: list[str] = self._fs.glob(self._path(pattern))
        except OSError as error:
            raise self._failed("be listed", error) from error
        return [path.removeprefix(f"{self._root}/") for path in found]

    def remove_but(self, pattern: str, named: Collection[str]) -> int:
        """Remove every file that matches and is not named; returns how many."""
        leftover = [name for name in self.names(pattern) if name not in named]
        try:
            if leftover:
                self._fs.rm([self._path(name) for name in leftover])
        except OSError as error:
            raise self._failed("be swept", error) from error
        return len(leftover)

    def remove_folder(self, name: str) -> None:
        """Remove a folder of a local store with all that is in it, if it is there."""
        try:
            if self.local and self._fs.exists(self._path(name)):
                self._fs.rm(self._path(name), recursive=True)
        except OSError as error:
            raise self._failed("be swept", error) from error

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
