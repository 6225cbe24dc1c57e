"""Refused rows for people and for programs."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from events.quarantine.marks import Mark
from events.quarantine.mending import MendError, parsed
from events.quarantine.refused_rows import RefusedRow, id_text
from tillstream.runtime.printable import printable, printable_lines
from tillstream.runtime.text_table import text_table
from tillstream.streams.definition import Definitions
from tillstream.streams.rules import rule
from tillstream.streams.window_rows import instant

#: Characters of a row in a table.
SHOWN = 60
_HEADS = ("id", "came (UTC)", "stream", "rule", "field", "line", "state", "row")

Marked = tuple[RefusedRow, Mark]


def table(rows: Iterable[Marked], limit: int) -> Iterator[str]:
    """The newest rows, and how many there are by stream and rule."""
    newest: deque[Marked] = deque(maxlen=limit)
    counts: Counter[tuple[str, str]] = Counter()
    for row, mark in rows:
        newest.append((row, mark))
        counts[row.stream, row.rule] += 1
    if not counts:
        yield "no refused row is open; --all-states lists those that were replayed or dropped, too"
        return
    yield text_table(_HEADS, [_cells(row, mark) for row, mark in newest], 8)
    yield ""
    for (stream, name), count in counts.most_common():
        yield printable(f"{stream}, {name}: {count:,}; {rule(name).wrong}")
    total = sum(counts.values())
    if total > len(newest):
        yield f"the newest {len(newest):,} of {total:,} are listed (--limit N, or --json for all)"
    yield "`python -m events quarantine show ID` says what to do with one"


def as_json(row: RefusedRow, mark: Mark, definitions: Definitions) -> str:
    """A line; `event` is what a replay would send, `row` stands where that is not to be told."""
    found: dict[str, Any] = {
        "id": id_text(row.id),
        "received": _time(row.received_us, "T") + "Z",
        "stream": row.stream,
        "format": row.format,
        "line": row.line,
        "field": row.field,
        "rule": row.rule,
        "state": mark.state,
        "truncated": row.truncated,
    }
    stream = definitions.streams.get(row.stream)
    try:
        if stream is None or row.truncated:
            raise MendError("it is shown as it came")
        found["event"] = parsed(row, stream, row.row)
    except MendError:
        found["row"] = row.row
    return msgspec.json.encode(found).decode()


def details(row: RefusedRow, mark: Mark) -> Iterator[str]:
    """All about one row."""
    told = rule(row.rule)
    field = f" in {row.field}" if row.field else ""
    said = mark.state if mark.state == "open" else f"{mark.state} {_time(mark.at_us)} UTC"
    yield f"id        {id_text(row.id)}"
    yield f"state     {said}"
    yield f"came      {_time(row.received_us)} UTC"
    yield printable(f"stream    {row.stream}")
    yield printable(f"format    {row.format}, line {row.line}")
    yield printable(f"rule      {row.rule}{field}: {told.wrong}")
    mend = told.mend.replace("FIELD", row.field) if row.field else told.mend
    command = f"python -m events quarantine replay {id_text(row.id)}"
    if row.truncated:
        yield (
            f"mend      only its first {len(row.row):,} characters are kept: send it whole,"
            f' a line {{"id": "{id_text(row.id)}", "event": {{...}}}} in FILE, by'
            " `python -m events quarantine replay --from FILE`"
        )
    else:
        yield printable(f"mend      {command} {mend}")
    if row.header is not None:
        yield printable(f"header    {row.header}")
    yield ""
    yield printable_lines(row.row)


def _cells(row: RefusedRow, mark: Mark) -> list[str]:
    line = "" if row.line is None else str(row.line)
    text = row.row if len(row.row) <= SHOWN else f"{row.row[:SHOWN]}..."
    return [
        *(id_text(row.id), _time(row.received_us), row.stream, row.rule),
        *(row.field or "", line, mark.state, text),
    ]


def _time(microseconds: int, between: str = " ") -> str:
    return instant(microseconds).strftime(f"%Y-%m-%d{between}%H:%M:%S")
