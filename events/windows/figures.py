"""What the worker knows of its progress, of each stream and each window, between two commits."""

import msgspec

from tillstream.streams.events_manifest import ErasedValue


class Progress(msgspec.Struct):
    """How far the log was counted.

    Offsets are positions: that of a message in the log, and `base`, which is above 0 once the log
    was replaced by a new one. So positions grow, whatever happens to the log.
    """

    #: The position to go on from; None before the first message.
    next_offset: int | None = None
    #: Digest of the message before it, and of the first one that stood at `base`.
    last_digest: bytes | None = None
    begin_digest: bytes | None = None
    base: int = 0
    #: The position from which the archive needs the log again; None where it has everything.
    archive_from: int | None = None
    #: The number of the last commit that changed rows.
    change: int = 0
    #: When the newest message that was read came to the door, microseconds.
    log_clock_us: int = 0


class StreamFigures(msgspec.Struct):
    """What was heard of a stream."""

    name: str
    #: The greatest event time, microseconds; when its newest message came to the door.
    greatest_time_us: int | None = None
    heard_us: int | None = None
    watermark_us: int | None = None
    #: Events that were counted; that came before; that could not be counted.
    events: int = 0
    duplicates: int = 0
    set_aside: int = 0


class WindowFigures(msgspec.Struct):
    """What was counted of a window."""

    name: str
    stream: str
    #: What its rows count (tillstream/streams/version).
    signature: str
    #: Why it is not counted now; "" if it is.
    stale: str = ""
    #: Rows of a smaller change are of a state before this one.
    floor: int = 0
    #: Events in its rows; that came after their row was final; of rows that are removed.
    events: int = 0
    late: int = 0
    expired: int = 0
    #: The newest row that was removed began just before, microseconds; what would be of a row that
    #: begins before is expired. None before the first one.
    pruned_before_us: int | None = None
    #: Of the rows that begin before, those of a greater change are still there.
    pruned_change: int = 0


class Aside(msgspec.Struct, frozen=True):
    """An event, or a whole message, that was not counted, and why."""

    offset: int
    #: Its row in the message, or WHOLE_MESSAGE.
    row: int
    stream: str
    reason: str
    #: Itself as JSON, its first characters.
    text: str


#: The row of a whole message, of which no event can be read.
WHOLE_MESSAGE = -1


class UnfinishedErasure(msgspec.Struct, frozen=True):
    """An erasure of a person's value that the state has, and the files perhaps not yet."""

    stream: str
    #: Of the audit.
    record: str
    #: Distinct values and texts of the state that were replaced.
    in_state: int
    #: As ErasedValue.
    field: str
    digest: str
    before_offset: int
    characters: int = 0
    of_stream: str = ""
    to_version: int | None = None

    def erased(self) -> ErasedValue:
        """As a manifest has it."""
        return ErasedValue(
            field=self.field,
            digest=self.digest,
            before_offset=self.before_offset,
            characters=self.characters,
            of_stream=self.of_stream,
            to_version=self.to_version,
        )
