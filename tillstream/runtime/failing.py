"""How a process ends that cannot do its work: a line for each problem, and a status."""

import sys
from typing import NoReturn

from tillstream.errors import (
    DataFolderError,
    PortTakenError,
    SettingsError,
    TillstreamError,
    TopologyDiffersError,
)
from tillstream.runtime.printable import printable_lines

#: Exit status for settings that do not hold, of sysexits.h.
EX_CONFIG = 78
#: Exit status for a port that another program has; "cannot create" in sysexits.h.
EX_PORT_TAKEN = 73
#: Errors that the next start would meet again: somebody has to mend them.
_LASTING = (SettingsError, DataFolderError, TopologyDiffersError)


def fail(error: TillstreamError, status: int | None = None) -> NoReturn:
    """End the process with the error's lines on standard error.

    The status, where none is given, tells a start that cannot succeed from any other failure.
    """
    lines = error.problems if isinstance(error, SettingsError) else [str(error)]
    for line in lines:
        # One may have lines of its own, such as the last ones of a log.
        print(f"error: {printable_lines(line)}", file=sys.stderr)
    raise SystemExit(_status(error) if status is None else status)


def _status(error: TillstreamError) -> int:
    if isinstance(error, _LASTING):
        return EX_CONFIG
    return EX_PORT_TAKEN if isinstance(error, PortTakenError) else 1
