"""What the supervisor knows: which program runs, since when, which has died, when and how."""

import re
from datetime import datetime
from pathlib import Path

from command.status.asking import NoAnswerError
from command.status.findings import Death, ProgramFound
from command.status.processes import Tree, trees
from local.control import Control, Status

#: Of the supervisor's log, its end is read; a death is a line of about 100 bytes.
LOG_BYTES = 1_000_000
_DEATH = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) \w+ exited: (\S+) \((.+?); not expected\)",
    re.MULTILINE,
)


def programs(data_dir: Path) -> tuple[ProgramFound, ...]:
    """Every program of the running supervisor; raises NoAnswerError, OSError."""
    try:
        with Control(data_dir) as control:
            statuses = control.statuses()
    except (OSError, ValueError) as error:
        raise NoAnswerError(f"the supervisor does not answer: {error}") from error
    ended = deaths(_end_of(data_dir / "log" / "supervisord.log"))
    alive = trees(status.pid for status in statuses.values() if status.pid)
    return tuple(
        _found(status, ended.get(name, []), alive.get(status.pid))
        for name, status in statuses.items()
    )


def deaths(log: str) -> dict[str, list[Death]]:
    """The ends that nobody had asked for, by program, the oldest first; of supervisord's log."""
    found: dict[str, list[Death]] = {}
    for stamp, milliseconds, name, how in _DEATH.findall(log):
        # The log has this machine's wall clock.
        at = datetime.fromisoformat(f"{stamp}.{milliseconds}").astimezone()
        found.setdefault(name, []).append(Death(at.isoformat(timespec="milliseconds"), how))
    return found


def _found(status: Status, ended: list[Death], tree: Tree | None) -> ProgramFound:
    running = status.state in ("RUNNING", "STARTING")
    since = status.started if running else status.ended or status.started
    return ProgramFound(
        status.name,
        status.group,
        "SPARE" if status.is_kept_back else status.state,
        status.pid or None,
        _iso(since) if since else None,
        tree.memory if tree else None,
        len(ended),
        ended[-1] if ended else None,
        tree.stopped if tree else (),
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")


def _end_of(file: Path) -> str:
    with file.open("rb") as log:
        size = log.seek(0, 2)
        log.seek(max(0, size - LOG_BYTES))
        return log.read().decode(errors="replace")
