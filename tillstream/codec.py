"""Message bodies: one receipt as JSON, or several as NDJSON, one a line, packed when it pays."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, TypeVar

import msgspec
import zstandard
from msgspec import Meta

from tillstream.bounds import PATTERNS_IN_WORDS, TENDERS, is_time
from tillstream.currencies import EXPONENTS
from tillstream.errors import UndecodableMessageError
from tillstream.outline import StampedOutline
from tillstream.receipt import Line, Settlement, StampedReceipt
from tillstream.runtime.decompress import UNPACKERS, NotPackedError, TooLargeError

JSON = "application/json"
NDJSON = "application/x-ndjson"
ZSTD = "zstd"

#: Smaller bodies are not packed: the broker's cost for them is that of a message, not of bytes.
LEAST_PACKED_BYTES = 4_096
#: Level 1 packs receipts to an eighth and less in about 1 us each (docs/decisions/0008).
ZSTD_LEVEL = 1
#: Largest body, unpacked; the door's messages have 256 KiB.
MAX_UNPACKED_BYTES = 32 * 1024 * 1024

T = TypeVar("T")
R = TypeVar("R", StampedReceipt, StampedOutline)

_receipt = msgspec.json.Decoder(StampedReceipt).decode
_outline = msgspec.json.Decoder(StampedOutline).decode
_line = msgspec.json.Decoder(Line).decode
_tenders = msgspec.json.Decoder(Annotated[tuple[Settlement, ...], Meta(max_length=TENDERS)]).decode


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
        # Reading looks for line breaks many bytes at once, `split` at each byte.
        return [line.rstrip(b"\n") for line in BytesIO(body) if line != b"\n"]
    if content_type in (JSON, None):
        return [body]
    raise UndecodableMessageError(f"content type {content_type!r} is not {JSON} or {NDJSON}")


def decode_receipt(body: bytes) -> StampedReceipt:
    """One stamped receipt; raises UndecodableMessageError with the reason."""
    try:
        receipt = _decoded(_receipt, body)
    except UndecodableMessageError:
        receipt = _decoded_by_parts(body)
    if not is_time(receipt.date):
        raise UndecodableMessageError(f"no time: {receipt.date!r}")
    return receipt if receipt.currency is None else _in_known_currency(receipt)


def decode_outline(body: bytes) -> StampedOutline:
    """One stamped receipt without its parts; raises UndecodableMessageError with the reason."""
    receipt = _decoded(_outline, body)
    if not is_time(receipt.date):
        raise UndecodableMessageError(f"no time: {receipt.date!r}")
    return receipt if receipt.currency is None else _in_known_currency(receipt)


def decode_line(text: bytes) -> Line:
    """A line by its text in a receipt; raises UndecodableMessageError with the reason."""
    return _decoded(_line, text)


def decode_tenders(text: bytes) -> tuple[Settlement, ...]:
    """All tenders by their text in a receipt; raises UndecodableMessageError with the reason."""
    return _decoded(_tenders, text)


def decode_message(
    body: bytes, content_type: str | None, content_encoding: str | None = None
) -> list[StampedReceipt]:
    """All receipts of a message; one that does not decode fails the whole of it."""
    return [decode_receipt(line) for line in receipt_bodies(body, content_type, content_encoding)]


def _in_known_currency(receipt: R) -> R:
    """A receipt in euros where its `currency` is no code: so it counted when it was accepted."""
    found = receipt.currency
    if isinstance(found, str) and found in EXPONENTS:
        return receipt
    return msgspec.structs.replace(receipt, currency=None)


def _decoded_by_parts(body: bytes) -> StampedReceipt:
    """As the door reads: where `lines` or `settlements` stands twice, the first may be anything."""
    try:
        outline = decode_outline(body)
        fields = msgspec.structs.asdict(outline)
        fields["lines"] = tuple(decode_line(bytes(text)) for text in outline.lines)
        fields["settlements"] = decode_tenders(bytes(outline.settlements))
        return StampedReceipt(**fields)
    except UndecodableMessageError:
        # Decoded whole, it says where in the receipt.
        return _decoded(_receipt, body)


def _decoded(decode: Callable[[bytes], T], text: bytes) -> T:
    try:
        return decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableMessageError(_in_words(str(error))) from error
    except RecursionError as error:
        raise UndecodableMessageError("nested too deeply") from error


def _in_words(reason: str) -> str:
    """What msgspec says, without its patterns: people read it."""
    for pattern, words in PATTERNS_IN_WORDS.items():
        reason = reason.replace(f"matching regex {pattern!r}", words)
    return reason


def _unpack(body: bytes, content_encoding: str) -> bytes:
    unpack = UNPACKERS.get(content_encoding)
    if unpack is None:
        raise UndecodableMessageError(
            f"content encoding {content_encoding!r} is not {' or '.join(UNPACKERS)}"
        )
    try:
        return unpack(body, MAX_UNPACKED_BYTES)
    except NotPackedError as error:
        raise UndecodableMessageError(str(error)) from error
    except TooLargeError as error:
        raise UndecodableMessageError(f"more than {MAX_UNPACKED_BYTES} bytes, unpacked") from error
