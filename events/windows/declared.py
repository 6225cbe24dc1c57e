"""Which windows of the definitions are counted, and which wait for a recount.

A window counts everything that its stream ever had, or it is not counted: with another definition
of what it counts, or declared after events had come, it waits for `recount`, keeps the rows that it
has, and says so. Nothing is ever a mixture of two definitions.
"""

import re
from collections.abc import Mapping

import structlog

from events.windows.figures import StreamFigures, WindowFigures
from events.windows.merging import WindowRows
from events.windows.partials import PartialCounter, WindowSqlError
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tillstream.streams.changes import SIGN
from tillstream.streams.definition import Definitions, Stream, Window
from tillstream.streams.names import RECEIVED
from tillstream.streams.version import counted_digest

log = structlog.get_logger()

_WORD = re.compile(r"\w+")
CHANGED = "its definition has changed: run `tillstream recount --streams`"
LATER = "it was declared after events had come: run `tillstream recount --streams`"
GONE = "it was not declared for a while: run `tillstream recount --streams`"


def prepare(
    state: State,
    definitions: Definitions,
    counters: Mapping[str, PartialCounter],
    streams: Mapping[str, StreamFigures],
) -> dict[str, WindowRows]:
    """The declared windows, their tables made; a part of the state's transaction."""
    known = state.windows()
    for name, figures in known.items():
        if name not in definitions.windows and not figures.stale:
            figures.stale = GONE
            state.write_windows([figures])
    prepared = {}
    for name, window in definitions.windows.items():
        stream = definitions.streams[window.stream]
        signature = counted_digest(window, stream)
        table = WindowTable(window)
        found = known.get(name)
        if found is None:
            found = WindowFigures(name, stream.name, signature)
            heard = streams.get(stream.name)
            if heard is not None and heard.heard_us is not None:
                found.stale = LATER
            state.make_window(table)
        elif found.signature != signature:
            found.stale = found.stale or CHANGED
        try:
            counters[stream.name].check(window)
        except WindowSqlError as error:
            found.stale = f"it cannot be counted: {error}"[:500]
        if found.stale:
            log.error("a window is not counted", window=name, reason=found.stale)
        state.write_windows([found])
        prepared[name] = WindowRows(state, table, found)
    return prepared


def wanted_columns(stream: Stream, windows: tuple[Window, ...]) -> set[str]:
    """Columns that are read for these windows, rather one too many."""
    return {
        *(field.name for field in stream.fields if field.name.lower() in _words(windows)),
        *(stream.time_column, *stream.identity),
        *("body", "cloudevent"),
        *((SIGN,) if stream.has_changes else ()),
    }


def asks_when_received(windows: tuple[Window, ...]) -> bool:
    """Whether a window has something to do with when an event came to the door."""
    return RECEIVED in _words(windows)


def _words(windows: tuple[Window, ...]) -> set[str]:
    texts = [
        text
        for window in windows
        for text in (
            window.time,
            window.where,
            *(key.sql for key in window.keys),
            *(measure.argument for measure in window.measures),
        )
    ]
    return {word.lower() for text in texts for word in _WORD.findall(text)}
