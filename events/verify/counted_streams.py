"""Every event that the state has counted, from files and log, as relations of DuckDB.

The state is read in one transaction that its caller has begun; the manifests after it: they have
all that the state says is archived, or more.
"""

import threading
from collections.abc import Collection, Iterator, Mapping

import duckdb

from events.archive.encoding import TakenEvents, batches
from events.erasures import KnownErasures
from events.settings import EventsSettings
from events.verify.log_tail import KnownIdentities, tail
from events.verify.recount import StreamRecount
from events.verify.report import StreamProof
from events.windows.figures import Progress
from events.windows.state_file import State
from tillstream.streams.definition import Definitions
from tillstream.streams.events_files import EventsFiles
from tillstream.streams.events_manifest import EventsManifest


class CountedStreams:
    """Some streams of the log of events, each event once by the state's identities."""

    def __init__(
        self,
        settings: EventsSettings,
        definitions: Definitions,
        state: State,
        connection: duckdb.DuckDBPyConnection,
        progress: Progress,
        names: Collection[str],
    ) -> None:
        self._settings, self._definitions = settings, definitions
        self._state, self._progress = state, progress
        self._erasures = KnownErasures(settings, definitions, state.erasures())
        self._files = {name: EventsFiles(settings.archive_url(), name) for name in names}
        self.manifests: Mapping[str, EventsManifest] = {
            name: files.manifest() for name, files in self._files.items()
        }
        self.recounts = {
            name: StreamRecount(connection, definitions.streams[name]) for name in names
        }

    def read_log(self, stop: threading.Event) -> None:
        """Add what is in no file; raises LogTruncatedError."""
        found = tail(
            self._settings.amqp_url,
            self._definitions,
            self._progress,
            {name: one.next_offset for name, one in self.manifests.items()},
            KnownIdentities(self._state.database),
            stop,
        )
        for new in found:
            stream = self._definitions.streams[new.stream]
            taken = TakenEvents(new.offset, new.received_us, new.events, new.rows)
            for part in self._erasures.applied(new.stream, batches(stream, [taken])):
                self.recounts[new.stream].add(part)

    def open(self) -> Iterator[StreamProof]:
        """Make the relations; tells of each stream where its events are."""
        streams, aside = self._state.streams(), self._state.aside()
        position = self._progress.next_offset or 0
        for name, recount in self.recounts.items():
            manifest = self.manifests[name]
            archived, in_log, left_out = recount.open(
                self._files[name],
                [one for one in manifest.files if one.first < position],
                position,
                aside,
                manifest.without(self._erasures.unfinished[name]),
                self._erasures.pseudonyms,
            )
            heard = streams.get(name)
            yield StreamProof(
                name=name,
                archived=archived,
                in_log=in_log,
                removed=manifest.removed,
                set_aside=left_out,
                counted=heard.events if heard is not None else 0,
            )
