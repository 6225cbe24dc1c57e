"""Compares a document of MongoDB as a whole with the one that is to be there."""

from types import EllipsisType
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.int64 import Int64

from events.verify.report import Difference
from tillstream.archive import Document

#: Of a document that is named.
MAX_CHARACTERS = 500


def difference(
    what: str, expected: Document | None, found: Document | None, options: CodecOptions[Document]
) -> Difference | None:
    """What of a document differs; None where nothing does. One of both is there."""
    if expected is None:
        surplus = found or {}
        return Difference(f"{what}: surplus document", str(surplus["_id"]), "", _text(surplus))
    # As MongoDB gives it: its times have milliseconds.
    wanted: Document = bson.decode(bson.encode(expected), options)
    if found is None:
        return Difference(f"{what}: missing document", str(wanted["_id"]), _text(wanted), "")
    other = [
        name
        for name in [*wanted, *(name for name in found if name not in wanted)]
        if not _same(wanted.get(name, ...), found.get(name, ...))
    ]
    if not other:
        return None
    return Difference(
        f"{what}: document",
        str(wanted["_id"]),
        _text({name: wanted[name] for name in other if name in wanted}),
        _text({name: found[name] for name in other if name in found}),
    )


def _same(one: Any | EllipsisType, other: Any | EllipsisType) -> bool:
    """Of two values that are equal, 1 and 1.0 are not the same; 1 of 32 and of 64 bits is."""
    kinds = [int if isinstance(each, Int64) else type(each) for each in (one, other)]
    return kinds[0] is kinds[1] and bool(one == other)


def _text(fields: Document) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())[:MAX_CHARACTERS]
