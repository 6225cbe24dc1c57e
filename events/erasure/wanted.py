"""What is asked to be erased: a value of a field, in some streams. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from events.archive.pseudonyms import Value
from tillstream.errors import TillstreamError
from tillstream.streams.changes import value_columns
from tillstream.streams.definition import MOST_INTEGER, Attribution, Definitions


class NotErasableError(TillstreamError):
    """What is asked for cannot be erased now; the message says why, and nothing was changed."""


class Target(NamedTuple):
    """A field of a stream."""

    stream: str
    field: str


class Wanted(NamedTuple):
    """A value, and where it is erased: all of these at one position of the log."""

    field: str
    value: Value
    targets: Sequence[Target]

    @property
    def streams(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(target.stream for target in self.targets))


def wanted(definitions: Definitions, field: str, text: str, stream: str | None) -> Wanted:
    """What a command asks for; without a stream, all that have the field in `persons`.

    Where an attribution joins the field with others, or shows it, it is erased there as well: what
    belonged together before still does. Raises NotErasableError.
    """
    if stream is not None and stream not in definitions.streams:
        raise NotErasableError(f"no stream {stream!r} is declared")
    names = [
        name
        for name, one in definitions.streams.items()
        if field in one.persons and stream in (None, name)
    ]
    if not names:
        where = "no stream has" if stream is None else f"the stream {stream} does not have"
        raise NotErasableError(f"{where} {field!r} in its `persons`")
    kinds = {definitions.streams[name].field(field).type for name in names}
    if len(kinds) > 1:
        raise NotErasableError(f"{field!r} is of several types; name one --stream at a time")
    [kind] = kinds
    targets = _linked(definitions, [Target(each, field) for each in names])
    if kind == "text" and text:
        return Wanted(field, text, targets)
    if kind == "integer":
        try:
            value = int(text)
        except ValueError:
            value = MOST_INTEGER + 1
        if -MOST_INTEGER <= value <= MOST_INTEGER:
            return Wanted(field, value, targets)
    raise NotErasableError(
        f"{field!r} is of type {kind}: its value cannot be {text!r}"
        if kind in ("integer", "text")
        else f"{field!r} is of type {kind}; texts and integers can be erased"
    )


def _linked(definitions: Definitions, targets: Sequence[Target]) -> list[Target]:
    """With all fields that attributions take for the same."""
    found = list(targets)
    groups = [
        group for one in definitions.attributions.values() for group in _groups(definitions, one)
    ]
    for target in found:
        for group in groups:
            if target in group:
                # It grows while it is walked.
                found += [each for each in group if each not in found]
    return [each for each in found if each.field in definitions.streams[each.stream].persons]


def _groups(definitions: Definitions, one: Attribution) -> Iterator[list[Target]]:
    """Fields that have the same values: joined with each other, or shown as they are."""
    yield [Target(one.conversions, one.key), Target(one.touches, one.key)]
    for table in one.tables:
        yield [Target(one.conversions, table.by), Target(table.stream, table.key)]
    shown = {
        column: Target(stream.name, field.name)
        for column, field, stream in value_columns(one, definitions.streams)
    }
    for field in definitions.streams[one.stream].fields:
        column = field.sql.strip().lower()
        if column in shown:
            yield [shown[column], Target(one.stream, field.name)]
