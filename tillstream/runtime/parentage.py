"""Programs that end with the process that started them."""

import shutil
from typing import Literal

#: A parent that died before the program was bound to it sends no signal: `$1` is its id.
_UNLESS_ORPHANED = 'test "$PPID" = "$1" || exit 1; shift; exec "$@"'


def ends_with_its_parent(
    signal: Literal["TERM", "KILL"] = "TERM", parent: int | None = None
) -> tuple[str, ...]:
    """A prefix for arguments: Linux sends the signal when the parent dies, even by SIGKILL.

    The parent is the thread that started the program, which therefore has to wait for it. `parent`:
    the id of its process, where that is known before.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    bound = (setpriv, "--pdeathsig", signal)
    if parent is None:
        return bound
    return (*bound, "/bin/sh", "-c", _UNLESS_ORPHANED, "sh", str(parent))
