"""Message bodies: one receipt as JSON, or several as NDJSON, one a line."""

import msgspec

from tillstream.contracts import StampedReceipt
from tillstream.errors import UndecodableMessage

JSON = "application/json"
NDJSON = "application/x-ndjson"

_decoder = msgspec.json.Decoder(StampedReceipt)


def receipt_bodies(body: bytes, content_type: str | None) -> list[bytes]:
    """The receipts of a message, each still encoded. A body without a type is one receipt."""
    if content_type == NDJSON:
        return [line for line in body.split(b"\n") if line]
    if content_type in (JSON, None):
        return [body]
    raise UndecodableMessage(f"content type {content_type!r} is not {JSON} or {NDJSON}")


def decode_receipt(body: bytes) -> StampedReceipt:
    """One stamped receipt; raises UndecodableMessage with the reason."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableMessage(str(error)) from error
    except RecursionError as error:
        raise UndecodableMessage("nested too deeply") from error


def decode_message(body: bytes, content_type: str | None) -> list[StampedReceipt]:
    """All receipts of a message; one that does not decode fails the whole of it."""
    return [decode_receipt(line) for line in receipt_bodies(body, content_type)]
