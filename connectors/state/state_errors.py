"""What can be wrong with the state's file."""

from pathlib import Path

from tillstream.errors import TillstreamError


class StateUnreadableError(TillstreamError):
    """The file at `path` is no state of receivers, a damaged one, or one of another version."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"the state of the receivers {path} {reason}; restore it from a backup, or move it"
            " away: the worker then reads what the log of deliveries still has, and makes the same"
            " receipts of it"
        )
