"""Clocks of programs that can be set wrong, by libfaketime.

Their monotonic clocks stay right, as those of a machine whose time is set.
"""

from pathlib import Path

from tillstream.errors import ServerNotReadyError

#: Where Debian's package libfaketime has it, by machine.
LIBRARIES = "/usr/lib/*-linux-gnu/faketime/libfaketime.so.1"
#: Where the library reads the offset of the program that has loaded it.
FILE_VARIABLE = "FAKETIME_TIMESTAMP_FILE"

RIGHT = "+0"


def environ(file: Path) -> dict[str, str]:
    """What the program gets, to read its offset from `file` every second; empty without the
    library.
    """
    library = _library()
    if library is None:
        return {}
    set_clock(file, RIGHT)
    return {
        "LD_PRELOAD": library,
        FILE_VARIABLE: str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


def set_clock(file: Path, offset: str) -> None:
    """Let the clock be wrong by `offset`. Raises ServerNotReadyError without the library."""
    if _library() is None:
        raise ServerNotReadyError(
            "a clock cannot be set wrong without Debian's package libfaketime"
        )
    # In one step: it is read at any time.
    fresh = file.with_suffix(".new")
    fresh.write_text(offset + "\n")
    fresh.replace(file)


def _library() -> str | None:
    found = sorted(Path("/").glob(LIBRARIES.lstrip("/")))
    return str(found[0]) if found else None
