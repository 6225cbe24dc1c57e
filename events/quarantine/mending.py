"""A refused row as one event that can be sent, mended. Pure: no I/O.

Every row is sent as one JSON object, whatever it came as: its cells stay texts, which the door
takes for numbers and times alike.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from events.quarantine.refused_rows import RefusedRow
from tillstream.codec import JSON
from tillstream.errors import TillstreamError
from tillstream.streams.definition import Stream

CSV = "text/csv"
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"
_SEPARATORS = (",", ";", "\t")
_BOOLEANS = {"true": True, "false": False}
_SUBSTITUTION = re.compile(r"s(?P<by>[^\w\s\\])(.*)(?P=by)(.*)(?P=by)(g?)", re.DOTALL)
_decode = msgspec.json.Decoder().decode


class MendError(TillstreamError):
    """A row that cannot be sent as it is, or a mend that is none."""


class Event(NamedTuple):
    """What is sent."""

    media_type: str
    body: bytes


class Substitution(NamedTuple):
    """`s/PATTERN/REPLACEMENT/`, of the first place or, with `g`, of all."""

    pattern: re.Pattern[str]
    replacement: str
    most: int

    def applied(self, text: str) -> str:
        """The text with it."""
        try:
            return self.pattern.sub(self.replacement, text, self.most)
        except (re.error, IndexError) as error:
            raise MendError(f"the replacement {self.replacement!r}: {error}") from error


class Mend(NamedTuple):
    """What is changed of each row."""

    substitutions: Sequence[Substitution] = ()
    #: Of fields; None leaves one out.
    values: Mapping[str, str | None] = {}


def substitution(text: str) -> Substitution:
    """`s/PATTERN/REPLACEMENT/g` with Python's regular expressions; raises MendError."""
    found = _SUBSTITUTION.fullmatch(text)
    if found is None:
        raise MendError(f"{text[:60]!r} is not of the form s/PATTERN/REPLACEMENT/ or s/.../.../g")
    try:
        pattern = re.compile(found[2])
    except re.error as error:
        raise MendError(f"{text[:60]!r}: {error}") from error
    return Substitution(pattern, found[3], 0 if found[4] else 1)


def setting(text: str) -> tuple[str, str | None]:
    """`FIELD=VALUE`, or `FIELD=` for a field that is left out; raises MendError."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise MendError(f"{text[:60]!r} is not of the form FIELD=VALUE")
    return name, value or None


def mended(row: RefusedRow, stream: Stream, mend: Mend) -> Event:
    """The row as it is sent; raises MendError."""
    if row.truncated:
        raise MendError(
            f"only its first {len(row.row):,} characters are kept; send it whole with --from FILE"
        )
    text = row.row
    for one in mend.substitutions:
        text = one.applied(text)
    event = parsed(row, stream, text)
    if row.format != CSV and not mend.values:
        # As it came, to the last digit.
        return Event(_media_type(row), text.encode())
    data = event.get("data") if _media_type(row) == CLOUDEVENT else event
    if not isinstance(data, dict):
        raise MendError("it has no data whose fields could be set")
    for name, value in mend.values.items():
        data.pop(name, None)
        if value is not None:
            data[name] = _as_json(stream, name, value)
    return whole(row, event)


def whole(row: RefusedRow, event: dict[str, Any]) -> Event:
    """An event in the place of the row, as it is sent."""
    return Event(_media_type(row), msgspec.json.encode(event))


def _media_type(row: RefusedRow) -> str:
    return CLOUDEVENT if row.format in (CLOUDEVENT, CLOUDEVENTS) else JSON


def parsed(row: RefusedRow, stream: Stream, text: str) -> dict[str, Any]:
    """The row's text as an object; raises MendError."""
    if row.format == CSV:
        return _csv_event(row, stream, text)
    try:
        event = _decode(text)
    except msgspec.DecodeError as error:
        raise MendError(f"it is no JSON: {error}; mend the text by --mend or --from") from error
    if not isinstance(event, dict):
        raise MendError("it is no JSON object; write one and send it with --from")
    return event


def _csv_event(row: RefusedRow, stream: Stream, text: str) -> dict[str, Any]:
    if row.header is None:
        raise MendError("its header is not kept; send it with --from, as an object")
    separator = max(_SEPARATORS, key=row.header.count)
    try:
        [names] = csv.reader([row.header], delimiter=separator, strict=True)
        # With its line breaks: a cell in quotes may have some. Others than \n end no line.
        [cells] = csv.reader(io.StringIO(text, newline="\n"), delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        raise MendError(f"it is not one row of CSV: {error}; mend the text by --mend") from error
    if len(cells) != len(names):
        raise MendError(
            f"it has {len(cells)} cells and its header {len(names)}; mend the text by --mend, or"
            " send it with --from"
        )
    return {
        name.strip(): _as_json(stream, name.strip(), cell)
        for name, cell in zip(names, cells, strict=True)
        if cell
    }


def _as_json(stream: Stream, name: str, text: str) -> str | bool:
    """A cell for JSON, which takes texts for all but truths."""
    for field in stream.fields:
        if field.name == name and field.type == "boolean":
            return _BOOLEANS.get(text.lower(), text)
    return text
