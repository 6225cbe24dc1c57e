"""How a rebuilt state takes the place of the old one."""

from contextlib import suppress
from pathlib import Path

from events.windows.figures import Progress
from events.windows.state_errors import StateUnreadableError
from events.windows.state_file import State
from tillstream.runtime.owned_file import rebuilt_path, take_place


def adopt(path: Path) -> bool:
    """Put a rebuilt state, if there is one, in the place of the old one. For the owner only.

    Its rows get a change that is greater than any of the old state's, so that MongoDB and readers
    of changes take them all; and the archive goes on from where the old state says.
    """
    rebuilt = rebuilt_path(path)
    if not rebuilt.exists():
        return False
    before = progress_of(path)
    with State(rebuilt) as state:
        state.begin()
        progress = state.progress()
        wanted = [before.archive_from, before.next_offset or progress.base]
        progress.archive_from = min(offset for offset in wanted if offset is not None)
        state.write_progress(progress)
        state.lift_changes(before.change + 1)
        state.commit()
    take_place(path)
    return True


def progress_of(path: Path) -> Progress:
    """How far a state came, as far as it can be read."""
    if path.exists():
        with suppress(StateUnreadableError), State(path) as state:
            return state.progress()
    return Progress()
