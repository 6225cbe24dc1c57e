"""The rows of a window as the state has them, to be compared."""

from collections.abc import Iterator

from events.verify.recount import Row, figures
from events.windows.state_file import State
from events.windows.window_table import WindowTable
from tillstream.streams.definition import Window


def stored_rows(state: State, window: Window, least: int) -> Iterator[Row]:
    """Those that begin at `least` or later, in no order."""
    table = WindowTable(window)
    order = [measure.name for measure in (*window.merged, *window.distinct)]
    found = state.execute(
        f"SELECT {table.columns} FROM {table.name} WHERE start >= ?",  # noqa: S608 - declared
        (least,),
    )
    for start, keys, events, _, _, _, _, *values in found:
        by_name = dict(zip(table.measures, values, strict=True))
        yield start, keys, figures([events, *(by_name[name] for name in order)])
