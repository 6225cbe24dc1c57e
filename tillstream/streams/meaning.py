"""What an expression of a definition's SQL gives: its type, and how it is read."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tillstream.streams.definition import Field, ReadAs

SqlType = Literal["BIGINT", "VARCHAR", "BOOLEAN"]


class Meaning(msgspec.Struct, frozen=True):
    """`sql` is None where it is not known: of NULL, or of what is wrong elsewhere."""

    sql: SqlType | None
    read_as: ReadAs = "integer"
    scale: int = 0
    #: Of an enum: its values.
    values: tuple[str, ...] = ()
    #: Whether null is never among them.
    required: bool = False
    #: Whether it takes its reading from what it meets, as the 0 in `CASE WHEN ... ELSE 0 END`.
    neutral: bool = False


UNKNOWN = Meaning(None, neutral=True)
NUMBER = Meaning("BIGINT")
TEXT = Meaning("VARCHAR", "text")
TRUTH = Meaning("BOOLEAN", "boolean")


def of_field(field: Field) -> Meaning:
    """The meaning of a stream's column."""
    match field.type:
        case "text" | "enum":
            return msgspec.structs.replace(TEXT, values=field.values, required=field.required)
        case "boolean":
            return msgspec.structs.replace(TRUTH, required=field.required)
        case "integer" | "decimal" | "timestamp":
            return Meaning("BIGINT", field.type, field.scale, required=field.required)


def common(meanings: Sequence[Meaning]) -> Meaning:
    """The meaning of one that is any of these; how it is read is plain only where all agree."""
    known = [meaning for meaning in meanings if not meaning.neutral] or list(meanings)
    first = known[0]
    same = all((each.read_as, each.scale) == (first.read_as, first.scale) for each in known)
    sql = next((meaning.sql for meaning in meanings if meaning.sql), None)
    read_as: ReadAs = {"VARCHAR": "text", "BOOLEAN": "boolean"}.get(sql or "", "integer")  # type: ignore[assignment]
    return Meaning(
        sql,
        first.read_as if same else read_as,
        first.scale if same else 0,
        required=all(meaning.required for meaning in meanings),
        neutral=all(meaning.neutral for meaning in meanings),
    )
