"""Whether a mapped receipt is one of the contract: the fields and bounds that the door demands."""

from typing import Any

import msgspec

from connectors.mapping.documents import MappingError
from tillstream.receipt import Receipt, keeps_patterns

encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Receipt).decode


def check(receipt: dict[str, Any], path: str) -> Receipt:
    """The receipt as everybody behind the door reads it; raises MappingError."""
    try:
        found = _decode(encode(receipt))
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at ")
        raise MappingError(
            "contract", where.strip("`") or path, said, f"mend {path} (docs/receipt-contract.md)"
        ) from error
    if not keeps_patterns(found):
        raise MappingError(
            "contract",
            path,
            f"storeID {found.store_id!r}, terminalID {found.terminal_id!r}, cashReceiptID"
            f" {found.cash_receipt_id!r}, date {found.date!r}: control characters, white space"
            " around it, or no time from 1900 to 2999",
            f"mend {path} (docs/receipt-contract.md)",
        )
    return found
