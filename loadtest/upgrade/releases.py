"""The released versions, and how one of them is brought to a folder of its own."""

import subprocess
from pathlib import Path

from local.settings import ROOT
from tillstream.errors import TillstreamError

#: The commit of each version that the CHANGELOG has as released, the newest last.
RELEASES = {"0.1.0": "b1f8d88a82caba84977f7c8aad786211b3335a50"}
#: A bootstrap that has to fetch every package, seconds.
BOOTSTRAP_SECONDS = 600.0
ARCHIVE_SECONDS = 60.0


class ReleaseError(TillstreamError):
    """A released version that cannot be brought or set up here."""


def bring(version: str, folder: Path) -> None:
    """The files of a release in `folder`, with its own locked packages; raises ReleaseError."""
    commit = RELEASES[version]
    archive = folder / "release.tar"
    _run(["git", "archive", "--output", str(archive), commit], ROOT, ARCHIVE_SECONDS)
    _run(["tar", "-xf", str(archive)], folder, ARCHIVE_SECONDS)
    archive.unlink()
    _run(["script/bootstrap"], folder, BOOTSTRAP_SECONDS)


def _run(argv: list[str], folder: Path, seconds: float) -> None:
    try:
        done = subprocess.run(
            argv, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(f"`{' '.join(argv)}` has not ended within {seconds:.0f} s") from error
    if done.returncode:
        raise ReleaseError(
            f"`{' '.join(argv)}` ends with {done.returncode}: {done.stderr.strip()[-500:]}"
            " (a clone without history has no releases: git fetch --unshallow)"
        )
