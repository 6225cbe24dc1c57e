"""What was erased of every stream, for those who read the log or the files again."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from events.archive.pseudonyms import Pseudonyms
from events.settings import EventsSettings
from events.windows.decoding import Decoded
from events.windows.figures import UnfinishedErasure
from tillstream.streams.definition import Definitions
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import ErasedValue


class KnownErasures:
    """Those that the archive's manifests remember, and those that the state has begun."""

    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        in_state: Sequence[UnfinishedErasure],
    ) -> None:
        """Read the manifests; the state has to be read before."""
        self.in_state = in_state
        self.pseudonyms = Pseudonyms(settings.data_dir)
        #: Of each stream those that its files do not have yet, and all.
        self.unfinished: dict[str, list[ErasedValue]] = {}
        self._all: dict[str, list[ErasedValue]] = {}
        #: The archive has nothing of this position of the log or a later one.
        self.archived_to = 0
        for name in definitions.events:
            manifest = EventsFiles(settings.archive_url(), name).manifest()
            self.archived_to = max(self.archived_to, manifest.next_offset)
            begun = [one.erased() for one in in_state if one.stream == name]
            self.unfinished[name] = manifest.without(begun)
            self._all[name] = [*manifest.erased, *self.unfinished[name]]

    def in_message(self, decoded: Decoded) -> pa.RecordBatch:
        """The events of a message of the log without what was erased."""
        erased = self._all[decoded.stream]
        return self.pseudonyms.in_message(erased, decoded.offset, decoded.events)

    def is_changed(self, stream: str, offset: int) -> bool:
        """Whether something of a message at this position of the log may have been erased."""
        return any(
            offset < each.before_offset or each.to_version is not None for each in self._all[stream]
        )

    def applied(self, stream: str, parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same of rows of a file that were read from the log."""
        return self.pseudonyms.applied(self._all[stream], parts)
