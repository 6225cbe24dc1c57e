"""The records of erasures: who, when, what and how many; never the value itself.

A line of JSON each in DATA_DIR/events/erasures.jsonl, one when an erasure begins and one when it is
done; of two of one `record` the later counts.
"""

import os
from pathlib import Path

import msgspec

from events.windows.new_erasures import AUDIT_FILE as AUDIT_FILE


class ErasedFrom(msgspec.Struct, kw_only=True):
    """What was erased of one stream."""

    #: Events of the archive, and the files that were written again.
    events: int = 0
    files: int = 0
    #: Distinct values and texts of events that were set aside, in the state.
    in_state: int = 0
    #: Documents of conversions in MongoDB.
    documents: int = 0

    def added(self, other: "ErasedFrom | None", documents: int) -> "ErasedFrom":
        """With those of another field of the stream, and documents."""
        before = other or ErasedFrom()
        return ErasedFrom(
            events=self.events + before.events,
            files=self.files + before.files,
            in_state=self.in_state + before.in_state,
            documents=documents + before.documents,
        )


class Record(msgspec.Struct, kw_only=True):
    """An erasure; times are ISO 8601, UTC."""

    record: str
    state: str
    at: str
    by: dict[str, str]
    field: str
    #: Keyed digest of the value: to tell whether two are the same, not which it was.
    digest: str
    #: Of each stream: events before this position of the log.
    before: dict[str, int] = {}
    erased: dict[str, ErasedFrom] = {}


def keep(data_dir: Path, record: Record) -> None:
    """Add a line; it is on the disk when this returns."""
    path = data_dir / AUDIT_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(record) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
