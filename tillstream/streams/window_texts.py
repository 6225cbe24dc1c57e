"""The SQL of a window as it stands in its file, and what a check of it finds."""

from collections.abc import Mapping

import msgspec

from tillstream.streams.definition import MeasureKind
from tillstream.streams.meaning import Meaning


class WindowTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The SQL of a window as it stands in its file, and the columns that it is over."""

    stream: str
    size_us: int
    #: Of the stream and `received`; None where the stream is not known.
    fields: Mapping[str, Meaning] | None
    persons: tuple[str, ...] = ()
    #: Whether the stream's rows are changes, which may be taken back.
    has_changes: bool = False
    #: SQL, or the stream's event time.
    time: str
    where: str = ""
    keys: Mapping[str, str] = {}
    measures: Mapping[str, str] = {}
    columns: Mapping[str, str] = {}


class CheckedMeasure(msgspec.Struct, frozen=True):
    """A measure taken apart."""

    kind: MeasureKind
    argument: str
    meaning: Meaning


class CheckedWindow(msgspec.Struct):
    """What was found; `mistakes` has the keys that lead to each text, and what is wrong."""

    mistakes: list[tuple[tuple[str, ...], str]]
    keys: dict[str, Meaning]
    measures: dict[str, CheckedMeasure]
