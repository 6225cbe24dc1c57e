"""The file that names every file of an archive that counts: JSON with the layout of those files."""

from typing import Protocol, TypeVar

import msgspec

from tillstream.errors import TillstreamError

#: The manifest's name in the folder or object store of an archive.
MANIFEST = "manifest.json"


class ManifestError(TillstreamError):
    """A manifest that this version does not read."""


class _Manifest(Protocol):
    @property
    def layout(self) -> int: ...


M = TypeVar("M", bound=_Manifest)


def decode(content: bytes, where: str, kind: type[M], newest: int) -> M:
    """A manifest of this kind; raises ManifestError naming `where` it came from.

    `newest`: the last layout that this version reads.
    """
    try:
        manifest = msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise ManifestError(f"{where} is no manifest of an archive: {error}") from error
    if not 1 <= manifest.layout <= newest:
        raise ManifestError(
            f"{where} has layout {manifest.layout}; this version reads up to {newest}"
        )
    return manifest
