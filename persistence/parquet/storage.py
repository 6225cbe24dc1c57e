"""The analytic archive of the receipts, in its folder or object store."""

import uuid
from datetime import date
from pathlib import Path

from tillstream.file_store import WRITING, FileStore
from tillstream.manifest_file import MANIFEST
from tillstream.parquet_manifest import Manifest, decode, encode


class Storage(FileStore):
    """The files of closed days, and the manifest that names them."""

    def manifest(self) -> Manifest:
        """The archive as it is now; one without days when nothing was written yet."""
        content = self.read(MANIFEST)
        return Manifest() if content is None else decode(content, self._path(MANIFEST))

    def version(self) -> tuple[str, ...]:
        """What is another once the manifest is another; empty where there is none."""
        return self.version_of(MANIFEST)

    def commit(self, manifest: Manifest) -> None:
        """Put a manifest in the place of the last one, in one step: now its files count."""
        self.replace(MANIFEST, encode(manifest))

    def publish(self, path: Path, day: date) -> str:
        """Bring a written file into the archive, under a name that was never used.

        It counts once a manifest names it.
        """
        name = f"businessDay={day.isoformat()}/{uuid.uuid4().hex[:16]}.parquet"
        self.put(path, name)
        return name

    def sweep(self, manifest: Manifest) -> int:
        """Remove every data file that the manifest does not name; returns how many.

        They are of a writing that was interrupted, or of a day that was written again.
        """
        removed = self.remove_but("businessDay=*/*.parquet", manifest.files())
        self.remove_folder(WRITING)
        return removed
