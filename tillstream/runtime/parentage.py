"""Programs that end with the process that started them."""

import shutil
from typing import Literal


def ends_with_its_parent(signal: Literal["TERM", "KILL"] = "TERM") -> tuple[str, ...]:
    """A prefix for arguments: Linux sends the signal when the parent dies, even by SIGKILL.

    The parent is the thread that started the program, which therefore has to wait for it.
    """
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", signal) if setpriv else ()
