"""What can be wrong with the state's file."""

from pathlib import Path

from tillstream.errors import TillstreamError


class StateUnreadableError(TillstreamError):
    """The file at `path` is no state of windows, a damaged one, or one of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the state of the windows {path} {reason};"
            " rebuild it with `tillstream recount --streams`"
        )
