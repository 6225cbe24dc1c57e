"""Whether a mapped receipt is one of the contract: fields, bounds and rules as at the door."""

from typing import Any

import msgspec

from connectors.mapping.documents import MappingError
from tillstream.checked_parts import checked_parts
from tillstream.outline import OutlinedReceipt
from tillstream.receipt import Receipt, keeps_patterns
from tillstream.receipt_rules import Broken, broken_rules

encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Receipt).decode
_outline = msgspec.json.Decoder(OutlinedReceipt).decode


def check(receipt: dict[str, Any], path: str) -> Receipt:
    """The receipt as everybody behind the door reads it; raises MappingError."""
    return decoded(encode(receipt), path, f"mend {path} (docs/receipt-contract.md)")


def decoded(line: bytes, path: str, mend: str) -> Receipt:
    """A receipt by its JSON; raises MappingError, at `path` where it names no other one."""
    try:
        found = _decode(line)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        raise MappingError("contract", where.strip("`") or path, said, mend) from error
    if not keeps_patterns(found):
        raise MappingError(
            "contract",
            path,
            f"storeID {found.store_id!r}, terminalID {found.terminal_id!r}, cashReceiptID"
            f" {found.cash_receipt_id!r}, date {found.date!r}, currency {found.currency!r}: control"
            " characters, white space around it, no time from 1900 to 2999, or no currency",
            mend,
        )
    return found


def rules_broken(line: bytes, exponent: int) -> list[Broken]:
    """The door's rules that a receipt of the contract breaks, by its JSON.

    `exponent`: digits after the point of its currency.
    """
    receipt = _outline(line)
    return broken_rules(receipt.document_total, *checked_parts(receipt, exponent), exponent)
