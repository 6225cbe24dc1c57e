"""What the archive of a stream's events consists of: a manifest names all that counts. Pure.

A file has events of one day, UTC, on which the door took them, in the order of the log; files are
in that order too, and each event is in one of them. The day is that of `received`, not of the
event time: so a file is of one day, a closed day stays closed when late events come, and a replay
of old events is kept for as long as any other.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from tillstream import manifest_file
from tillstream.manifest_file import ManifestError

#: The layout of files and manifest; a reader refuses a newer one.
LAYOUT = 1
#: The folder below PARQUET_URL that has a folder for each stream.
FOLDER = "events"

_EPOCH = date(1970, 1, 1)
_DAY_US = 86_400_000_000


class EventsFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of events; times are microseconds of event time."""

    #: Path below the stream's folder, `day=2026-11-28/FIRST-LAST.parquet`.
    file: str
    day: date
    #: Offsets of the log, both included.
    first: int
    last: int
    rows: int
    bytes: int
    #: Of the stream's definition.
    version: int
    earliest: int
    latest: int
    #: One more each time that its content was changed: by an erasure.
    generation: int = 1


class ErasedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A person's value that is no longer kept: a keyed digest of it."""

    field: str
    digest: str
    #: Of events that stood in the log before this position.
    before_offset: int
    #: How many events of the files had it.
    events: int = 0
    #: Where it is a part of a text: its characters, and the stream that the text was refused for.
    characters: int = 0
    of_stream: str = ""
    #: Of rows that an attribution has made: those of a `row_version` up to this one. The log may
    #: have some of them after the position, with the value.
    to_version: int | None = None

    @property
    def place(self) -> tuple[str, str, int, str]:
        """What it is known by: of one that came again after its erasure, each is another."""
        return self.field, self.digest, self.before_offset, self.of_stream


class EventsManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The archive of a stream at one moment."""

    stream: str
    layout: int = LAYOUT
    #: Name and SQL type of each column that a reader is shown, as the stream is declared now.
    columns: dict[str, str] = {}
    #: Of the log every event of the stream before this offset is in the files.
    next_offset: int = 0
    #: In the order of the log.
    files: tuple[EventsFile, ...] = ()
    erased: tuple[ErasedValue, ...] = ()
    #: Events that were removed for their age, and the greatest event time of them, microseconds.
    removed: int = 0
    removed_latest: int | None = None

    def names(self) -> list[str]:
        """Every file that counts."""
        return [one.file for one in self.files]

    def rows(self) -> int:
        """Events in all files."""
        return sum(one.rows for one in self.files)

    def with_file(self, written: EventsFile) -> "EventsManifest":
        """The manifest once a file of newer events is written."""
        return replace(self, files=(*self.files, written), next_offset=written.last + 1)

    def with_replaced(
        self, before: Sequence[EventsFile], after: Sequence[EventsFile]
    ) -> "EventsManifest":
        """The manifest once `after` stand for `before`; raises ManifestError if it names another.

        What is replaced stands together.
        """
        place = self.files.index(before[0]) if before[0] in self.files else -1
        if place < 0 or self.files[place : place + len(before)] != tuple(before):
            raise ManifestError(f"files of {self.stream} were changed meanwhile; try again")
        rest = self.files[place + len(before) :]
        return replace(self, files=(*self.files[:place], *after, *rest))

    def since(self, first: date) -> "EventsManifest":
        """The manifest of the days from `first` on."""
        old = [one for one in self.files if one.day < first]
        if not old:
            return self
        latest = [one.latest for one in old]
        return replace(
            self,
            files=tuple(one for one in self.files if one.day >= first),
            removed=self.removed + sum(one.rows for one in old),
            removed_latest=max([*latest, self.removed_latest or latest[0]]),
        )

    def with_erased(self, some: Sequence[ErasedValue]) -> "EventsManifest":
        """The manifest that remembers erasures."""
        known = {each.place for each in self.erased}
        new = (each for each in some if each.place not in known)
        return replace(self, erased=(*self.erased, *new))

    def without(self, some: Iterable[ErasedValue]) -> list[ErasedValue]:
        """Those of some erasures that its files do not have yet."""
        known = {each.place for each in self.erased}
        return [each for each in some if each.place not in known]


def day_of(microseconds: int) -> date:
    """The day, UTC, of a time."""
    return _EPOCH + timedelta(days=microseconds // _DAY_US)


def file_name(day: date, first: int, last: int, generation: int = 1) -> str:
    """The same events have the same name: a second writing takes the place of the first."""
    again = "" if generation == 1 else f"-{generation}"
    return f"day={day.isoformat()}/{first:020d}-{last:020d}{again}.parquet"


def encode(manifest: EventsManifest) -> bytes:
    """The manifest as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(content: bytes, where: str) -> EventsManifest:
    """A manifest; raises ManifestError naming `where` it came from."""
    return manifest_file.decode(content, where, EventsManifest, LAYOUT)
