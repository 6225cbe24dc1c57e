"""Finds the system that commands are for: its data folder, its environment, whether it runs."""

import contextlib
import os
import pwd
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from command.command_errors import NothingRunsError, NotYoursError
from local.addresses import FIGURES, NAMES, read_addresses
from local.control import Control
from tillstream.runtime import product
from tillstream.runtime.data_folder import no_data_folder, real_folder

#: Both set, they say where the servers are without a local run: in a container, or by hand.
SERVERS = ("AMQP_URL", "MONGO_URL")
#: Longest wait for the supervisor to take a connection, seconds.
CONNECT_SECONDS = 1.0


@dataclass(frozen=True)
class System:
    """A system, which may run or not."""

    #: Absolute.
    data_dir: Path
    #: What a room's command gets as its environment.
    environ: Mapping[str, str]
    #: Whether `tillstream up` or script/server has run on `data_dir`, by its addresses.
    is_local: bool
    #: Why this folder: for messages.
    because: str


def find(environ: Mapping[str, str], cwd: Path) -> System:
    """The system of this environment and folder; raises NotYoursError, DataFolderError.

    A local run's addresses go before the caller's environment: a command has to count by the same
    calendar, and to ask the same servers, as what runs.
    """
    data_dir, because = data_folder(environ, cwd)
    _require_own(data_dir)
    addresses = read_addresses(data_dir)
    if not addresses:
        return System(data_dir, {**environ, "DATA_DIR": str(data_dir)}, False, because)
    kept = {name: value for name, value in environ.items() if name not in {*NAMES, *FIGURES}}
    return System(data_dir, {**kept, **addresses}, True, because)


def data_folder(environ: Mapping[str, str], cwd: Path) -> tuple[Path, str]:
    """The data folder, absolute, and why it is this one.

    DATA_DIR; else `var` of the clone; else, installed, `./var` where a run has been, or the
    user's own data folder.
    """
    if environ.get("DATA_DIR"):
        return real_folder(cwd / environ["DATA_DIR"]), "DATA_DIR"
    if product.IS_CLONE:
        return product.CODE / "var", "the clone's; DATA_DIR names another"
    if os.path.lexists(cwd / "var" / "addresses"):
        return real_folder(cwd / "var"), "./var; DATA_DIR names another"
    home = Path(environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser())
    return home / "tillstream", "your own; DATA_DIR names another"


def require_running(system: System) -> None:
    """Raise NothingRunsError where no command could ask anything."""
    if system.is_local:
        if not supervisor_answers(system.data_dir):
            raise NothingRunsError(
                f"nothing runs on {system.data_dir} ({system.because}):"
                " start it with `tillstream up` in another terminal"
            )
    elif not all(system.environ.get(name) for name in SERVERS):
        raise NothingRunsError(
            f"no system has run on {system.data_dir} ({system.because}): start one with"
            " `tillstream up`, set DATA_DIR to its folder, or AMQP_URL and MONGO_URL"
        )


def supervisor_answers(data_dir: Path) -> bool:
    """Whether a supervisor listens on the folder's control socket."""
    with socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(CONNECT_SECONDS)
        with contextlib.suppress(OSError):
            asked.connect(str(Control.socket(data_dir)))
            return True
    return False


def _require_own(data_dir: Path) -> None:
    addresses = data_dir / "addresses"
    try:
        there = data_dir.stat()
        # What is no folder fails here; one that is not to be entered is told below, by its owner.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            addresses.stat()
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise NotYoursError(data_dir, None) from error
    except OSError as error:
        raise no_data_folder(data_dir, error) from error
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise NotYoursError(data_dir, _name(there.st_uid))
    # In a folder that all may write to, what is there is still its owner's.
    if addresses.exists() and not os.access(addresses, os.R_OK):
        raise NotYoursError(data_dir, _name(addresses.stat().st_uid))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
