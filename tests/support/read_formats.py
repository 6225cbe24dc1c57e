"""What the door makes of a body of a format, for the tests of each format."""

import json
from typing import Any

import msgspec

from entrypoint.formats import READERS
from entrypoint.formats.entry import NotReadableError
from entrypoint.refusals import InvalidReceiptError
from entrypoint.validation import validate
from tillstream.receipt import Receipt


def read(media_type: str, body: bytes) -> list[tuple[int, Any]]:
    """Each receipt as JSON, or its defect, with its position."""
    return [
        (entry.position, entry.defect or json.loads(entry.body))
        for entry in READERS[media_type](body)
    ]


def content(media_type: str, body: bytes) -> list[Receipt]:
    """Each receipt as the contract reads it, its identifiers as text."""
    return [
        with_text_ids(msgspec.json.decode(entry.body, type=Receipt))
        for entry in READERS[media_type](body)
    ]


def with_text_ids(receipt: Receipt) -> Receipt:
    """Only JSON tells 1 from "1"; the identity is the same."""

    def text(value: str | int | None) -> str | None:
        return None if value is None else str(value)

    lines = tuple(
        msgspec.structs.replace(
            line,
            product_code=text(line.product_code),
            product_category_code=text(line.product_category_code),
        )
        for line in receipt.lines
    )
    names = ("cash_receipt_id", "store_id", "terminal_id", "agent_id", "customer_id")
    return msgspec.structs.replace(
        receipt, lines=lines, **{name: text(getattr(receipt, name)) for name in names}
    )


def refusal(media_type: str, body: bytes) -> str:
    """Why nothing of the body is taken, as its sender reads it; `taken` when it is."""
    try:
        entries = list(READERS[media_type](body))
    except NotReadableError as error:
        return str(error)
    for entry in entries:
        if entry.defect is not None:
            return f"{entry.position}: {entry.defect}"
        try:
            validate(entry.body)
        except InvalidReceiptError as error:
            return "; ".join(f"{one.path}: {one.message}" for one in error.violations)
    return "taken"
