"""Finds that another process has changed the state that the worker holds a part of in memory."""

from events.windows.state_file import State
from tillstream.errors import TillstreamError


class StateChangedError(TillstreamError):
    """Another process has committed to the state: an erasure."""


class ForeignCommits:
    """Those since it was made."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._seen = state.commits_of_others()

    def require_none(self) -> None:
        """Raise StateChangedError; within a transaction nobody else commits after this."""
        if self._state.commits_of_others() != self._seen:
            raise StateChangedError("the state was changed by another process")
