"""From the JSON of a request to a receipt that may be published: checked, and on one line."""

import re

import msgspec
from msgspec import UNSET, UnsetType

from entrypoint.refusals import InvalidReceiptError, NotJsonError
from entrypoint.syntax_errors import json_error
from entrypoint.violations import explain, nul_violations, too_large
from tillstream import trace_stamp
from tillstream.bounds import MAX_DEPTH
from tillstream.checked_parts import CheckedLine, CheckedTenders, checked_parts
from tillstream.currencies import CURRENCY, EXPONENT, EXPONENTS
from tillstream.errors import UndecodableMessageError
from tillstream.outline import OutlinedReceipt
from tillstream.receipt import keeps_patterns, receipt_key

#: The door's own stamps: a client's fields of these names are not believed.
STAMPS = ("receivedTime", "marks", "customerErased", trace_stamp.NAME)


class PostedReceipt(OutlinedReceipt, frozen=True, gc=False, kw_only=True):
    """A receipt as it is posted, its parts still encoded, and whether it claims our stamps."""

    received_time: msgspec.Raw | UnsetType = UNSET
    marks: msgspec.Raw | UnsetType = UNSET
    customer_erased: msgspec.Raw | UnsetType = UNSET
    trace_id: msgspec.Raw | UnsetType = UNSET


_decode = msgspec.json.Decoder(PostedReceipt).decode

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class ValidReceipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt that keeps the contract: its key, its fields, and its JSON on one line."""

    key: str
    #: With the currency that it is in.
    receipt: PostedReceipt
    lines: list[CheckedLine]
    tenders: CheckedTenders
    line: bytes
    #: Digits after the point of its currency.
    exponent: int = EXPONENT


def validate(body: bytes, main: str = CURRENCY) -> ValidReceipt:
    """The receipt in `body`, in the currency `main` if it names none.

    Raises NotJsonError or InvalidReceiptError.
    """
    exponent = EXPONENT
    try:
        # Fields that we do not know are kept and not decoded, so their text is checked here.
        if not body.isascii():
            body.decode()
        receipt = _decode(body)
        currency = main if receipt.currency is None else receipt.currency
        # What is no currency is refused below.
        exponent = EXPONENTS.get(currency, EXPONENT)
        lines, tenders = checked_parts(receipt, exponent)
    except (msgspec.ValidationError, UnicodeDecodeError, UndecodableMessageError) as error:
        raise explain(body, error) from error
    except msgspec.DecodeError as error:
        raise NotJsonError(json_error(body, error)) from error
    except RecursionError as error:
        raise _too_deep() from error
    if not keeps_patterns(receipt):
        raise explain(body, InvalidReceiptError([]))
    # With few brackets it cannot be deep: the rule, which costs a hundredth of looking at them.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and is_deeper(body, MAX_DEPTH):
        raise _too_deep()
    # JSON alone could bring it: XML and CSV have no way to write it, and no file of texts either.
    if b"\\u0000" in body and (violations := nul_violations(body)):
        raise InvalidReceiptError(violations)
    # It decodes again, a frame deeper, which what is nested too deeply may not bear.
    if exponent > EXPONENT and (violations := too_large(currency, body)):
        raise InvalidReceiptError(violations)
    # A JSON string holds no raw line break, so this removes white space only.
    line = body.translate(None, b"\r\n") if b"\n" in body or b"\r" in body else body
    line = line.strip()
    if receipt.currency is None and main != CURRENCY:
        receipt = msgspec.structs.replace(receipt, currency=main)
        line = _with_currency(line, main)
    marks, erased = receipt.marks, receipt.customer_erased
    if not (receipt.received_time is marks is erased is receipt.trace_id is UNSET):
        line = _without_stamps(line)
    return ValidReceipt(receipt_key(receipt), receipt, lines, tenders, line, exponent)


def stamp_trace(line: bytes, trace_id: str) -> bytes:
    """A stamped receipt's JSON with the id of its trace in it, 32 hexadecimal digits."""
    return b'%b,"%b":"%b"}' % (line[:-1], trace_stamp.NAME.encode(), trace_id.encode())


def is_deeper(body: bytes, levels: int) -> bool:
    """Whether the JSON text `body` has lists and objects in more than so many levels."""
    brackets = _STRINGS.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    for _ in range(levels):
        # The innermost of every branch.
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return False
    return True


def _too_deep() -> NotJsonError:
    return NotJsonError(f"it is nested more than {MAX_DEPTH} levels deep")


def _with_currency(line: bytes, currency: str) -> bytes:
    if b'"currency"' in line:  # as null, or within another field
        fields: dict[str, msgspec.Raw] = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        fields.pop("currency", None)
        line = msgspec.json.encode(fields)
    return b'%b,"currency":"%b"}' % (line[:-1], currency.encode())


def _without_stamps(line: bytes) -> bytes:
    fields: dict[str, msgspec.Raw] = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    kept = {name: raw for name, raw in fields.items() if name not in STAMPS}
    return msgspec.json.encode(kept)
