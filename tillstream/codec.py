"""Message bodies: one receipt as JSON, or several as NDJSON, one a line, packed when it pays."""

import msgspec
import zstandard

from tillstream.contracts import StampedReceipt, is_time
from tillstream.decompress import UNPACKERS, NotPackedError, TooLargeError
from tillstream.errors import UndecodableMessage

JSON = "application/json"
NDJSON = "application/x-ndjson"
ZSTD = "zstd"

#: Smaller bodies are not packed: the broker's cost for them is that of a message, not of bytes.
LEAST_PACKED_BYTES = 4_096
#: Level 1 packs receipts to an eighth and less in about 1 us each (docs/decisions/0008).
ZSTD_LEVEL = 1
#: Largest body, unpacked; the door's messages have 256 KiB.
MAX_UNPACKED_BYTES = 32 * 1024 * 1024

_decoder = msgspec.json.Decoder(StampedReceipt)


def pack(body: bytes) -> tuple[bytes, str | None]:
    """A message's body as it travels, and its content encoding: `zstd`, or None as it is."""
    if len(body) < LEAST_PACKED_BYTES:
        return body, None
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(body), ZSTD


def receipt_bodies(
    body: bytes, content_type: str | None, content_encoding: str | None = None
) -> list[bytes]:
    """The receipts of a message, each still encoded. A body without a type is one receipt."""
    if content_encoding:
        body = _unpack(body, content_encoding)
    if content_type == NDJSON:
        return [line for line in body.split(b"\n") if line]
    if content_type in (JSON, None):
        return [body]
    raise UndecodableMessage(f"content type {content_type!r} is not {JSON} or {NDJSON}")


def decode_receipt(body: bytes) -> StampedReceipt:
    """One stamped receipt; raises UndecodableMessage with the reason."""
    try:
        receipt = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableMessage(str(error)) from error
    except RecursionError as error:
        raise UndecodableMessage("nested too deeply") from error
    if not is_time(receipt.date):
        raise UndecodableMessage(f"no time: {receipt.date!r}")
    return receipt


def decode_message(
    body: bytes, content_type: str | None, content_encoding: str | None = None
) -> list[StampedReceipt]:
    """All receipts of a message; one that does not decode fails the whole of it."""
    return [decode_receipt(line) for line in receipt_bodies(body, content_type, content_encoding)]


def _unpack(body: bytes, content_encoding: str) -> bytes:
    unpack = UNPACKERS.get(content_encoding)
    if unpack is None:
        raise UndecodableMessage(
            f"content encoding {content_encoding!r} is not {' or '.join(UNPACKERS)}"
        )
    try:
        return unpack(body, MAX_UNPACKED_BYTES)
    except NotPackedError as error:
        raise UndecodableMessage(str(error)) from error
    except TooLargeError as error:
        raise UndecodableMessage(f"more than {MAX_UNPACKED_BYTES} bytes, unpacked") from error
