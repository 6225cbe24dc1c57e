"""From the JSON of a request to a receipt that may be published: checked, and on one line."""

from collections.abc import Sequence

import msgspec

from entrypoint.violations import InvalidReceiptError, NotJsonError, date_violation, explain
from tillstream.contracts import Receipt, receipt_key

_decoder = msgspec.json.Decoder(Receipt)

#: The door's own stamps: a client's fields of these names are not believed.
STAMPS = ("receivedTime", "marks")
_RECEIVED_TIME, _MARKS = (f'"{name}"'.encode() for name in STAMPS)


class ValidReceipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt that keeps the contract: its key, its fields, and its JSON on one line."""

    key: str
    receipt: Receipt
    line: bytes


def validate(body: bytes) -> ValidReceipt:
    """The receipt in `body`; raises NotJsonError or InvalidReceiptError."""
    try:
        # Fields that we do not know are kept and not decoded, so their text is checked here.
        body.decode()
        receipt = _decoder.decode(body)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise explain(body, error) from error
    except msgspec.DecodeError as error:
        raise NotJsonError(str(error)) from error
    except RecursionError as error:
        raise NotJsonError("the body is nested too deeply") from error
    if (violation := date_violation(receipt.date)) is not None:
        raise InvalidReceiptError([violation])
    return ValidReceipt(receipt_key(receipt), receipt, _one_line(body))


def stamp(line: bytes, received_time: float, marks: Sequence[str] = ()) -> bytes:
    """A receipt's JSON with the door's stamps in it: when it came (Unix seconds), its marks."""
    if marks:
        return b'%b,"receivedTime":%.3f,"marks":%b}' % (
            line[:-1],
            received_time,
            msgspec.json.encode(marks),
        )
    return b'%b,"receivedTime":%.3f}' % (line[:-1], received_time)


def _one_line(body: bytes) -> bytes:
    # A JSON string holds no raw line break, so this removes white space only.
    line = body.translate(None, b"\r\n") if b"\n" in body or b"\r" in body else body
    line = line.strip()
    if _RECEIVED_TIME in line or _MARKS in line:
        fields: dict[str, msgspec.Raw] = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        kept = {name: raw for name, raw in fields.items() if name not in STAMPS}
        return msgspec.json.encode(kept)
    return line
