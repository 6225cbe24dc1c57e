"""The folder of a backup: a manifest, parts with checksums; whole or not there at all."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from tillstream.errors import TillstreamError
from tillstream.runtime.files import locked, sync, write_durably
from tillstream.runtime.progress import progress

MANIFEST = "manifest.json"
#: The manifest's own checksum, in the form that `sha256sum -c` reads.
MANIFEST_SUM = "manifest.json.sha256"
#: Version 1 had neither the log of events, nor the state of their worker, nor Parquet files.
VERSION = 2
_READ_VERSIONS = {1, 2}

_READ_BYTES = 1024 * 1024


class BackupError(TillstreamError):
    """A backup that is not whole, or a place that cannot take it; one line for each problem."""


class File(msgspec.Struct, frozen=True):
    """One file of a backup, by its path in the folder."""

    path: str
    sha256: str
    bytes: int
    #: Documents or messages in it.
    records: int = 0


class Collection(msgspec.Struct, frozen=True):
    """A collection of the archive."""

    name: str
    parts: list[File]
    #: Another database than the archive's, where streams are declared to be kept there.
    database: str = ""


class Log(msgspec.Struct, frozen=True):
    """A log; its first offset is above 0 when its beginning was gone already."""

    parts: list[File]
    first_offset: int | None
    last_offset: int | None


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds."""

    version: int
    id: str
    created: datetime
    database: str
    collections: list[Collection]
    log: Log
    state: list[File]
    #: Dead letters that were on the broker's queue, and not in the archive yet.
    letters_left: int = 0
    #: Events; of a backup of version 1 nothing.
    events_log: Log | None = None
    #: The position from which the files of events need the log: below it they have everything.
    events_archived_to: int | None = None
    #: The analytic archive, below its own place.
    parquet: list[File] = []

    def files(self) -> list[File]:
        """Every file but the manifest."""
        return [
            *(part for collection in self.collections for part in collection.parts),
            *self.log.parts,
            *(self.events_log.parts if self.events_log else ()),
            *self.parquet,
            *self.state,
        ]


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` that takes its name when the block ends well.

    Killed in between, it stays as `.NAME.partial`, and the next backup begins it again. Raises
    BackupError when `folder` is there, or when another backup to it is running.
    """
    aside = folder.with_name(f".{folder.name}.partial")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Receipts name customers, and the keys' hashes are here too.
    aside.mkdir(mode=0o700, exist_ok=True)
    with locked(aside, BackupError(f"another backup to {folder} is running")):
        if folder.exists():
            aside.rmdir()
            raise BackupError(f"{folder} is there already; a backup overwrites nothing")
        _empty(aside)
        try:
            yield aside
            sync(aside)
            aside.rename(folder)
        except BaseException:
            shutil.rmtree(aside)
            raise
        sync(folder.parent)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and its checksum: the last files of a backup."""
    body = msgspec.json.format(msgspec.json.encode(manifest))
    digest = hashlib.sha256(body).hexdigest()
    write_durably(folder / MANIFEST, body)
    write_durably(folder / MANIFEST_SUM, f"{digest}  {MANIFEST}\n".encode())


def check(folder: Path) -> Manifest:
    """The manifest of a backup of which every byte is as it was written.

    Raises BackupError with a line for each file that is missing or altered.
    """
    try:
        body = (folder / MANIFEST).read_bytes()
        said = (folder / MANIFEST_SUM).read_text().partition(" ")[0]
    except OSError as error:
        raise BackupError(f"{folder} is no whole backup: {error}") from error
    if hashlib.sha256(body).hexdigest() != said:
        raise BackupError(f"{folder / MANIFEST}: altered since the backup (SHA-256 differs)")
    manifest = msgspec.json.decode(body, type=Manifest)
    if manifest.version not in _READ_VERSIONS:
        raise BackupError(f"{folder}: of version {manifest.version}; this program reads {VERSION}")
    problems = []
    with progress("checksums", "bytes", sum(file.bytes for file in manifest.files())) as shown:
        for file in manifest.files():
            if problem := _problem(folder, file):
                problems.append(problem)
            shown.advance(file.bytes)
    if problems:
        raise BackupError("\n".join(problems))
    return manifest


def describe(folder: Path, path: str) -> File:
    """The entry of a file that was written as a whole."""
    return File(path, sha256_of(folder / path), (folder / path).stat().st_size)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _problem(folder: Path, file: File) -> str | None:
    path = folder / file.path
    try:
        size = path.stat().st_size
        if size != file.bytes:
            return f"{path}: {size} bytes, {file.bytes} were written"
        if sha256_of(path) != file.sha256:
            return f"{path}: altered since the backup (SHA-256 differs)"
    except FileNotFoundError:
        return f"{path}: missing"
    except OSError as error:
        return f"{path}: cannot be read: {error}"
    return None


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
