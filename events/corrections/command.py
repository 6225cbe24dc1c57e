"""`python -m events recount-attribution`: what late events have made wrong is corrected."""

import threading
from collections.abc import Iterator

from events.corrections.writing import Corrections
from events.settings import EventsSettings
from events.verify.attribution_recount import AttributionRecount, streams_of
from events.verify.counted_streams import CountedStreams
from events.windows.state_file import State
from tillstream.errors import TillstreamError
from tillstream.file_store import FileStore
from tillstream.query_engine import engine
from tillstream.runtime.owned_file import owned, rebuilt_path
from tillstream.streams import definitions_file


def run(settings: EventsSettings, stop: threading.Event) -> int:
    """Print what was found; 0 when every attribution was compared."""
    lines, whole = [], True
    path = settings.state_path()
    with owned(path.with_name("recount")) as ours:
        if not ours:
            raise TillstreamError("a recount of the windows or an erasure is running")
        if rebuilt_path(path).exists():
            raise TillstreamError("windows were recounted: start the events worker before")
        for line, is_compared in _corrected(settings, stop):
            lines.append(line)
            whole = whole and is_compared
    print("\n".join(lines) or "no attribution is declared")
    return 0 if whole else 1


def _corrected(settings: EventsSettings, stop: threading.Event) -> Iterator[tuple[str, bool]]:
    """A line for people of each attribution, and whether it was compared."""
    definitions = definitions_file.load_settings(settings)
    path = settings.state_path()
    if not definitions.attributions:
        return
    with (
        State(path, create=False) as state,
        State(path, create=False) as writer,
        engine(FileStore(settings.archive_url())) as connection,
    ):
        state.execute("BEGIN")
        progress = state.progress()
        wanted = {name for one in definitions.attributions.values() for name in streams_of(one)}
        streams = CountedStreams(settings, definitions, state, connection, progress, wanted)
        streams.read_log(stop)
        found = {one.name: one for one in streams.open()}
        for name, attribution in definitions.attributions.items():
            recount = AttributionRecount(
                connection, attribution, definitions, state, streams, found
            )
            if recount.not_compared:
                yield f"{name}: not compared, {recount.not_compared}", False
                continue
            corrections = Corrections(
                attribution,
                definitions,
                state,
                writer,
                recount.waiting,
                has_sink=settings.mongo_url is not None,
            )
            conversions = differing = corrected = waiting = 0
            for compared, _, _ in recount.compared(stop):
                conversions += len(compared.ids)
                differing += int(compared.differs.sum())
                waiting += int(compared.lacks.sum())
                corrected += corrections.write(compared)
            yield (
                f"{name}: {conversions} conversions compared, {differing} differ, {corrected}"
                f" corrected, {waiting} wait for a table",
                True,
            )
