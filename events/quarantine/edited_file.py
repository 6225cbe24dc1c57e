"""The file of `replay --from`: a line for each row, as `list --json` writes them, edited."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from events.quarantine.mending import Event, MendError, parsed, whole
from events.quarantine.refused_rows import RefusedRow, RowId, WrongIdError, parsed_id
from tillstream.streams.definition import Stream

#: Lines of a file: they are in memory.
MAX_LINES = 100_000


class EditedRow(msgspec.Struct, frozen=True):
    """A line: the event that is to be sent for a row, or the row's text."""

    id: str
    event: dict[str, Any] | None = None
    row: str | None = None


def read(path: Path) -> dict[RowId, EditedRow]:
    """Every line by its row; raises MendError naming the line."""
    found: dict[RowId, EditedRow] = {}
    decoder = msgspec.json.Decoder(EditedRow)
    try:
        for number, line in _lines(path):
            if number > MAX_LINES:
                raise MendError(f"{path} has more than {MAX_LINES:,} lines; send it in parts")
            try:
                one = decoder.decode(line)
                row_id = parsed_id(one.id)
            except (msgspec.DecodeError, WrongIdError) as error:
                raise MendError(f"{path}, line {number}: {error}") from error
            if (one.event is None) == (one.row is None):
                raise MendError(f"{path}, line {number}: it has to have either `event` or `row`")
            if row_id in found:
                raise MendError(f"{path}, line {number}: {one.id} stands there twice")
            found[row_id] = one
    except OSError as error:
        raise MendError(f"{path} cannot be read: {error.strerror}") from error
    return found


def event_of(row: RefusedRow, stream: Stream, one: EditedRow) -> Event:
    """What is sent for a row; raises MendError."""
    if one.event is not None:
        return whole(row, one.event)
    text = one.row or ""
    if row.truncated and text == row.row:
        raise MendError(
            f"its first {len(text):,} characters are all that is kept; write the rest, too"
        )
    return whole(row, parsed(row, stream, text))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line
