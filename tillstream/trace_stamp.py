"""The trace with which a receipt came: a stamp of the door, beside its content.

No decoder of receipts knows it: for all who count, compare, keep or erase them it is a field that
the contract does not name (docs/decisions/0035-tracing.md).
"""

from typing import Annotated

import msgspec
from msgspec import Meta

#: The stamp's name on the wire.
NAME = "traceID"

_TraceId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class _Traced(msgspec.Struct, gc=False):
    traceID: _TraceId | None = None  # noqa: N815 - its name on the wire


_decode = msgspec.json.Decoder(_Traced).decode


def trace_id_of(raw: bytes) -> str | None:
    """The trace of a receipt, encoded as it was published: 32 hexadecimal digits, or None.

    None too of a receipt of before, which has something of its till's own under that name.
    """
    try:
        return _decode(raw).traceID
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
