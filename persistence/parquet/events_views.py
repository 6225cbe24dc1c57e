"""A view for each stream of events that the query of `sql` names, beside those of the receipts."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import duckdb

from persistence.parquet.attribution_views import CHANGES, AttributionViews
from tillstream.streams.aggregates_files import VIEW as AGGREGATES
from tillstream.streams.aggregates_files import AggregatesFiles, Bounds
from tillstream.streams.events_files import EventsFiles, archived_streams
from tillstream.streams.events_manifest import EventsManifest


class ArchivedView(Protocol):
    """Files that a view reads."""

    def locations(self) -> list[str]:
        """Where they are."""

    def is_current(self) -> bool:
        """Whether these are still all files that count, none of them removed."""


class EventsView(NamedTuple):
    """A stream's files, as they were when the query began."""

    files: EventsFiles
    manifest: EventsManifest

    def locations(self) -> list[str]:
        """See ArchivedView."""
        return [self.files.location(name) for name in self.manifest.names()]

    def is_current(self) -> bool:
        """See ArchivedView."""
        return set(self.manifest.names()) <= set(self.files.manifest().names())


class AggregatesView(NamedTuple):
    """The files of the aggregates of `track`, as they were when the query began."""

    files: AggregatesFiles
    written: Sequence[Bounds]

    def locations(self) -> list[str]:
        """See ArchivedView."""
        return [self.files.location(one.file) for one in self.written]

    def is_current(self) -> bool:
        """See ArchivedView."""
        return set(self.written) <= set(self.files.written())


def make_events_views(
    connection: duckdb.DuckDBPyConnection,
    archive_url: str,
    sql: str,
    taken: Iterable[str],
    attributions: AttributionViews | None = None,
) -> list[ArchivedView]:
    """Make the views of streams that `sql` names; a name that is `taken` stays what it is.

    What is only in the log yet, about the latest minute, is not in them, but for the newest rows of
    `attributions`.
    """
    words = {word.lower() for word in re.findall(r"\w+", sql)} - set(taken)
    views = [
        EventsView(files, files.manifest())
        for files in archived_streams(archive_url)
        if words & {files.stream, files.stream + CHANGES}
    ]
    for view in views:
        if attributions is not None and attributions.make(view.files, view.manifest):
            continue
        text = view.files.view_sql(view.manifest)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view.files.stream} AS {text}")
    aggregates = AggregatesFiles(archive_url)
    if AGGREGATES in words and (written := aggregates.written()):
        text = aggregates.view_sql(written)
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {AGGREGATES} AS {text}")
        return [*views, AggregatesView(aggregates, written)]
    return [*views]
