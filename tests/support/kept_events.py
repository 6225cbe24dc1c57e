"""A writer of the events archive that is driven without a log, with a clock that is set."""

import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from events.archive.reading import EventsArchiveReader
from events.archive.writer import ArchiveWriter
from events.archive_port import ArchivedEvents
from tests.support.event_streams import all_rows, definitions, shop_events
from tillstream.streams.definition import Definitions
from tillstream.streams.events_files import EventsFiles

#: 2026-11-28 12:00:00 UTC.
NOON_US = 1_795_867_200_000_000
MINUTE_US = 60_000_000
DECLARED = definitions()
SHOP = DECLARED.streams["shop"]
WRITE_SECONDS = 30.0


class SetClock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOON_US / 1e6

    def __call__(self) -> float:
        return self.now


class EventsKept:
    """An archive of events in a folder."""

    def __init__(self, folder: Path, declared: Definitions = DECLARED) -> None:
        self.folder = folder
        self.url = str(folder / "parquet")
        self.declared = declared
        self.clock = SetClock()
        self.files = EventsFiles(self.url, "shop")

    def opened(self) -> ArchiveWriter:
        """A writer that begins where the last one came to."""
        return ArchiveWriter(self.url, self.folder, self.declared, self.clock)

    def hand_on(
        self, numbers: Sequence[int], writer: ArchiveWriter | None = None, begin_us: int = NOON_US
    ) -> ArchiveWriter:
        """Messages of 100 events, ten a minute; message n at the offset 2 n."""
        writer = writer or self.opened()
        for number in numbers:
            received = begin_us + number * MINUTE_US // 10
            self.clock.now = received / 1e6
            events = shop_events(100, seed=number)
            writer.add("shop", 2 * number, received, events, all_rows(events))
            writer.write_due(self.clock.now)
        return writer

    def written(
        self, numbers: Sequence[int], writer: ArchiveWriter | None = None, begin_us: int = NOON_US
    ) -> ArchiveWriter:
        """The same, and their minute ends."""
        writer = self.hand_on(numbers, writer, begin_us)
        self.clock.now += 120
        writer.write_due(self.clock.now)
        deadline = time.monotonic() + WRITE_SECONDS
        while writer.oldest_pending() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        return writer

    def read(self, before_offset: int = 10**9, stream: str = "shop") -> pa.Table:
        """All events, as they were counted."""
        reader = EventsArchiveReader(self.url, self.declared)
        found = reader.events(stream, before_offset)
        return pa.Table.from_batches(
            [each.events for each in found if isinstance(each, ArchivedEvents)]
        )

    def paths(self) -> list[Path]:
        """The files that the manifest names."""
        return [Path(self.files.location(name)) for name in self.files.manifest().names()]
