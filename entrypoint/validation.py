"""From the JSON of a request to a receipt that may be published: checked, and on one line."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from msgspec import UNSET, UnsetType

from entrypoint.violations import InvalidReceiptError, NotJsonError, explain
from tillstream.contracts import Receipt, UncheckedDate, is_time, receipt_key

#: The door's own stamps: a client's fields of these names are not believed.
STAMPS = ("receivedTime", "marks")


class PostedReceipt(Receipt, frozen=True, gc=False, kw_only=True):
    """A receipt as it is posted: checked by the contract, and whether it claims our stamps."""

    date: UncheckedDate
    received_time: msgspec.Raw | UnsetType = UNSET
    marks: msgspec.Raw | UnsetType = UNSET


_decoder = msgspec.json.Decoder(PostedReceipt)


class ValidReceipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt that keeps the contract: its key, its fields, and its JSON on one line."""

    key: str
    receipt: Receipt
    line: bytes


def validate(body: bytes) -> ValidReceipt:
    """The receipt in `body`; raises NotJsonError or InvalidReceiptError."""
    try:
        # Fields that we do not know are kept and not decoded, so their text is checked here.
        if not body.isascii():
            body.decode()
        receipt = _decoder.decode(body)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise explain(body, error) from error
    except msgspec.DecodeError as error:
        raise NotJsonError(str(error)) from error
    except RecursionError as error:
        raise NotJsonError("the body is nested too deeply") from error
    if not is_time(receipt.date):
        raise explain(body, InvalidReceiptError([]))
    # A JSON string holds no raw line break, so this removes white space only.
    line = body.translate(None, b"\r\n") if b"\n" in body or b"\r" in body else body
    line = line.strip()
    if receipt.received_time is not UNSET or receipt.marks is not UNSET:
        line = _without_stamps(line)
    return ValidReceipt(receipt_key(receipt), receipt, line)


def stamp(line: bytes, received_time: float, marks: Sequence[str] = ()) -> bytes:
    """A receipt's JSON with the door's stamps in it: when it came (Unix seconds), its marks."""
    if marks:
        return b'%b%b,"marks":%b}' % (
            line[:-1],
            _received(received_time),
            msgspec.json.encode(marks),
        )
    return b"%b%b}" % (line[:-1], _received(received_time))


# The receipts of a batch came together.
@lru_cache(maxsize=16)
def _received(received_time: float) -> bytes:
    return b',"receivedTime":%.3f' % received_time


def _without_stamps(line: bytes) -> bytes:
    fields: dict[str, msgspec.Raw] = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    kept = {name: raw for name, raw in fields.items() if name not in STAMPS}
    return msgspec.json.encode(kept)
