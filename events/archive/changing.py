"""Changes of a stream's archive, one at a time among processes, each of them in one step.

The critical sequence, whoever writes:

1. write: the rows go to a file aside;
2. lock: nobody else changes the manifest of this stream from here on;
3. publish: the file appears, under the name that its offsets give it;
4. commit: the manifest names it, in one step: from now on it counts;
5. sweep: what the manifest no longer names is removed.

Killed anywhere, the archive is as it was before 4 or as it is after; the next writer sweeps.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec.structs import replace

from tillstream.errors import TillstreamError
from tillstream.manifest_file import ManifestError
from tillstream.runtime.files import locked
from tillstream.streams import archived_columns
from tillstream.streams.definition import Stream
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import ErasedValue, EventsFile, EventsManifest

#: A change takes milliseconds; an object store may be slow.
LOCK_SECONDS = 30.0
_TRY_SECONDS = 0.01


class ArchiveLockedError(TillstreamError):
    """Another process changes the archive of this stream, and does not end."""


class ArchiveChanges:
    """The archive of one stream, for those that change it."""

    def __init__(self, archive_url: str, data_dir: Path, stream: Stream) -> None:
        """The lock is in DATA_DIR, which one events worker owns: stores have none."""
        self.stream = stream
        self.files = EventsFiles(archive_url, stream.name)
        self._lock = data_dir / "events" / f"{stream.name}.archive.lock"
        self._lock.parent.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> EventsManifest:
        """Remove what an interrupted writer left, and say what the columns are now."""
        with self.locked() as manifest:
            types = archived_columns.sql_types(self.stream)
            if manifest.columns != types:
                manifest = replace(manifest, columns=types)
                self.files.commit(manifest)
            self.files.sweep(manifest)
        return manifest

    def append(self, path: Path, written: EventsFile, erased: Sequence[ErasedValue] = ()) -> bool:
        """Let a file of newer events count; one that is in the archive already is left out.

        False where more was erased meanwhile than `erased`, which the file is without: it is to be
        written again.
        """
        with self.locked() as manifest:
            if any(written.first < each.before_offset for each in _others(manifest, erased)):
                return False
            if written.first < manifest.next_offset:
                if written.last < manifest.next_offset:
                    return True
                raise ManifestError(
                    f"{self.stream.name}: the archive has events up to offset"
                    f" {manifest.next_offset - 1} already; {written.file} begins before that"
                )
            self.files.publish(path, written)
            self.files.commit(manifest.with_file(written))
        return True

    def replace(
        self, before: Sequence[EventsFile], written: Sequence[tuple[Path, EventsFile]]
    ) -> None:
        """Let other files stand for some; raises ManifestError where they are not there."""
        with self.locked() as manifest:
            changed = manifest.with_replaced(before, [file for _, file in written])
            for path, file in written:
                self.files.publish(path, file)
            self.files.commit(changed)
            self.files.sweep(changed)

    @contextmanager
    def locked(self) -> Iterator[EventsManifest]:
        """The manifest, while nobody else changes it; raises ArchiveLockedError."""
        busy = ArchiveLockedError(
            f"the archive of {self.stream.name} is being changed by another process"
        )
        deadline = time.monotonic() + LOCK_SECONDS
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(locked(self._lock, taken=busy))
                    break
                except ArchiveLockedError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_TRY_SECONDS)
            yield self.files.manifest()


def _others(manifest: EventsManifest, erased: Sequence[ErasedValue]) -> list[ErasedValue]:
    known = {each.place for each in erased}
    return [each for each in manifest.erased if each.place not in known]
