"""The analytic archive in a backup: what its manifests name, receipts and events and aggregates."""

import shutil
from collections.abc import Callable
from pathlib import Path

from persistence.backup.folder import BackupError, File, describe
from persistence.parquet.storage import Storage
from tillstream.file_store import FileStore
from tillstream.manifest_file import MANIFEST
from tillstream.parquet_manifest import decode
from tillstream.runtime.files import sync, write_durably
from tillstream.streams import events_manifest
from tillstream.streams.aggregates_files import AggregatesFiles
from tillstream.streams.events_files import archived_streams

FOLDER = "parquet"
#: Files are joined and written again meanwhile: so often a manifest is read anew.
ATTEMPTS = 5


def dump_receipts(url: str, folder: Path) -> list[File]:
    """The files of closed days, and the aggregates."""
    storage, aggregates = Storage(url), AggregatesFiles(url)
    copied = _dump(storage, lambda found: decode(found, url).files(), folder, "")
    below = aggregates.url.removeprefix(storage.url.rstrip("/") + "/")
    names = [each.file for each in aggregates.written()]
    return copied + _copied(aggregates, names, folder, below)


def dump_events(url: str, folder: Path) -> list[File]:
    """The files of every stream of events, each stream as of one moment."""
    copied = []
    for files in archived_streams(url):
        below = files.url.removeprefix(url.rstrip("/") + "/")
        copied += _dump(
            files, lambda found: events_manifest.decode(found, url).names(), folder, below
        )
    return copied


def require_empty(url: str) -> None:
    """Raise BackupError where the archive has files that count; a start leaves none."""
    names = [*Storage(url).manifest().files()]
    names += [
        f"{one.stream}/{name}" for one in archived_streams(url) for name in one.manifest().names()
    ]
    if names:
        raise BackupError(
            f"the analytic archive has {len(names)} files, such as {names[0]}; restore to an empty"
            " one: set PARQUET_URL to another place, or move them away"
        )


def restore(url: str, folder: Path, files: list[File]) -> None:
    """Put the files in place, and after all of them the manifests, which make them count."""
    store = FileStore(url)
    for file in sorted(files, key=lambda one: one.path.endswith(MANIFEST)):
        name = file.path.removeprefix(f"{FOLDER}/")
        source = folder / file.path
        if name.endswith(MANIFEST):
            store.replace(name, source.read_bytes())
            continue
        with store.file_to_write() as path:
            shutil.copyfile(source, path)
            store.put(path, name)


def _dump(
    store: FileStore, names: Callable[[bytes], list[str]], folder: Path, below: str
) -> list[File]:
    for _ in range(ATTEMPTS):
        manifest = store.read(MANIFEST)
        if manifest is None:
            return []
        try:
            copied = _copied(store, names(manifest), folder, below)
        except FileNotFoundError:
            # It was joined with others, or written again: a newer manifest says by what.
            continue
        path = _path(below, MANIFEST)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_durably(folder / path, manifest)
        return [*copied, describe(folder, path)]
    raise BackupError(f"the files of {store.url} change all the time; run the backup again")


def _copied(store: FileStore, names: list[str], folder: Path, below: str) -> list[File]:
    copied: list[File] = []
    for name in names:
        path = _path(below, name)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            store.get(name, target)
        except FileNotFoundError:
            for each in (path, *(one.path for one in copied)):
                (folder / each).unlink(missing_ok=True)
            raise
        sync(target)
        copied.append(describe(folder, path))
    return copied


def _path(below: str, name: str) -> str:
    return "/".join(part for part in (FOLDER, below, name) if part)
