"""How a rebuilt state takes the place of the old one."""

import sqlite3
from contextlib import suppress
from pathlib import Path

from events.windows.figures import Progress, UnfinishedErasure
from events.windows.schema import ATTRIBUTION_TABLES
from events.windows.state_errors import StateUnreadableError
from events.windows.state_file import State
from tillstream.runtime.owned_file import rebuilt_path, take_place
from tillstream.streams.definition import Definitions


def adopt(path: Path) -> bool:
    """Put a rebuilt state, if there is one, in the place of the old one. For the owner only.

    Its rows get a change that is greater than any of the old state's, so that MongoDB and readers
    of changes take them all; and the archive goes on from where the old state says. Attributions
    and the outbox are the old state's: they have positions of their own, and no recount makes them.
    """
    rebuilt = rebuilt_path(path)
    if not rebuilt.exists():
        return False
    before = progress_of(path)
    with State(rebuilt) as state:
        is_carried = _attach(state, path)
        state.begin()
        progress = state.progress()
        wanted = [before.archive_from, before.next_offset or progress.base]
        progress.archive_from = min(offset for offset in wanted if offset is not None)
        state.write_progress(progress)
        state.lift_changes(before.change + 1)
        if is_carried:
            for table in ATTRIBUTION_TABLES:
                state.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM old.{table}")  # noqa: S608 - ours
        state.commit()
    take_place(path)
    return True


def _attach(state: State, path: Path) -> bool:
    """Whether the old state can be read, as `old`."""
    try:
        State(path, create=False).close()
    except (StateUnreadableError, sqlite3.OperationalError):
        return False
    state.execute("ATTACH ? AS old", (str(path),))
    return True


def removed_before(path: Path, definitions: Definitions) -> dict[str, int]:
    """By window where its rows begin that the retention has left, as far as it still holds.

    A new state would have every row again for the retention.
    """
    found: dict[str, int] = {}
    if path.exists():
        with suppress(StateUnreadableError), State(path) as state:
            streams = state.streams()
            for name, figures in state.windows().items():
                window, heard = definitions.windows.get(name), streams.get(figures.stream)
                if window is None or window.retention_us is None or heard is None:
                    continue
                if figures.pruned_before_us is not None and heard.watermark_us is not None:
                    old = heard.watermark_us - window.size_us - window.retention_us + 1
                    found[name] = min(figures.pruned_before_us, old)
    return found


def progress_of(path: Path) -> Progress:
    """How far a state came, as far as it can be read."""
    if path.exists():
        with suppress(StateUnreadableError), State(path) as state:
            return state.progress()
    return Progress()


def erasures_of(path: Path) -> list[UnfinishedErasure]:
    """The erasures of a state that the files may not have yet, as far as it can be read."""
    if path.exists():
        with suppress(StateUnreadableError), State(path) as state:
            return state.erasures()
    return []
