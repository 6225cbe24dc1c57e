"""The SQL of the fields of a stream that is made of others, and what a check of it finds."""

from collections.abc import Mapping

import msgspec

from tillstream.streams.meaning import Meaning


class MadeTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The SQL of the fields as it stands in its file, and the columns that it is over."""

    stream: str
    #: `changes.value_columns`; None where one of their streams is not known.
    columns: Mapping[str, Meaning] | None
    #: The columns that name a person.
    persons: tuple[str, ...]
    #: Of each field.
    sql: Mapping[str, str]
    #: What each field is declared to be.
    declared: Mapping[str, Meaning]
    #: The fields that are declared to name a person.
    declared_persons: tuple[str, ...]


class CheckedMade(msgspec.Struct):
    """What was found; `mistakes` has the field of each text, "" for all, and what is wrong."""

    mistakes: list[tuple[str, str]]
