"""Finds that a person was erased from the state that the worker holds a part of in memory."""

from pathlib import Path

import msgspec

from events.windows.state_file import State
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder

#: In DATA_DIR; see events/erasure/audit.py.
AUDIT_FILE = data_folder.ERASURES


class _Line(msgspec.Struct):
    record: str


class ErasedMeanwhileError(TillstreamError):
    """A person was erased: what is held has to be read again."""


class NewErasures:
    """Those since it was made, with which everything that is held is read."""

    def __init__(self, state: State, data_dir: Path) -> None:
        self._state, self._data_dir = state, data_dir
        self._commits = state.commits_of_others()
        self._known = self._records()

    def require_none(self) -> None:
        """Raise ErasedMeanwhileError; within a transaction nobody else commits after this."""
        commits = self._state.commits_of_others()
        if commits == self._commits:
            return
        if self._records() - self._known:
            raise ErasedMeanwhileError("a person was erased from the state")
        self._commits = commits

    def _records(self) -> set[str]:
        """One is in the state first, then in the audit, and in the end in the audit alone."""
        unfinished = {each.record for each in self._state.erasures()}
        return unfinished | self._in_audit()

    def _in_audit(self) -> set[str]:
        path = self._data_dir / AUDIT_FILE
        if not path.exists():
            return set()
        # A line is written at once; one without its end is being written.
        lines = path.read_bytes().split(b"\n")[:-1]
        return {msgspec.json.decode(line, type=_Line).record for line in lines}
