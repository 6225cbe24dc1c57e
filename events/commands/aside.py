"""`python -m events aside`: what the worker could not count, and how it is mended."""

import argparse

import msgspec
from msgspec import structs

from events.settings import EventsSettings
from events.windows.figures import WHOLE_MESSAGE, Aside
from events.windows.state_file import State
from tillstream.errors import TillstreamError
from tillstream.runtime.text_table import text_table

_HEADS = ("offset", "row", "stream", "reason", "event")
#: Characters of a text in the table.
SHOWN = 80
MEND = (
    "they are in the log and the archive, and in no window. Mend the definition so that it holds"
    " them (declare the stream or the field, use a count or a smaller unit where a sum exceeds 64"
    " bits), restart the worker, and run `tillstream recount --streams`."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """For people or programs."""
    parser.add_argument("--json", action="store_true", help="a line of JSON each")


def run(arguments: argparse.Namespace, settings: EventsSettings) -> int:
    """Print them; always 0."""
    if not settings.state_path().exists():
        raise TillstreamError(
            f"there is no {settings.state_path()}: the events worker has not run with this DATA_DIR"
        )
    with State(settings.state_path(), create=False) as state:
        found = state.aside()
    if arguments.json:
        for one in found:
            print(msgspec.json.encode(structs.asdict(one)).decode())
    elif not found:
        print("no event is set aside: all that was read is counted")
    else:
        print(text_table(_HEADS, [_cells(one) for one in found], len(_HEADS)))
        print(f"\n{len(found):,} set aside; {MEND}")
    return 0


def _cells(one: Aside) -> list[str]:
    row = "all" if one.row == WHOLE_MESSAGE else str(one.row)
    return [str(one.offset), row, one.stream or "?", one.reason, one.text[:SHOWN]]
