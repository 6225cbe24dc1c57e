"""Every sample of a vendor becomes the receipts that plain arithmetic gives, to the last field."""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.mapping.mapper import mapped
from connectors.mapping.receipt_check import encode
from connectors.trying import sample
from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load
from tillstream.runtime.product import CODE

FOLDER = CODE / "receivers"
CASES = sorted({path.parent for path in FOLDER.glob("samples/*/*/delivery*.json")})


@cache
def receivers() -> Mapping[str, Receiver]:
    return load(FOLDER)


def plain(receipt: dict[str, Any]) -> Any:
    """1.50 and 1.5 are the same."""
    return json.loads(encode(receipt), parse_int=Decimal, parse_float=Decimal)


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_sample_becomes_its_receipts(case: Path) -> None:
    """Of the newest version; the reversals of those before are the worker's."""
    receiver = receivers()[case.parent.name]
    sales: dict[str, tuple[int, dict[str, Any]]] = {}
    for file in sorted(case.glob("delivery*.json")):
        for state in mapped(receiver, sample.read(file, receiver, None)[-1]):
            newest, documents = sales.setdefault(state.sale, (0, {}))
            if state.apart is None and not state.is_whole:
                documents |= state.documents
            elif state.apart is None and state.version >= newest:
                sales[state.sale] = state.version, dict(state.documents)

    found = [plain(each.receipt) for _, documents in sales.values() for each in documents.values()]

    expected: dict[str, Any] = {}
    for receipt in json.loads((case / "receipts.json").read_bytes()):
        reversed_one = expected.pop(receipt["cashReceiptID"], None)
        if receipt.get("transactionType") != "void":
            assert reversed_one is None
            expected[receipt["cashReceiptID"]] = plain(receipt)
    assert expected == {receipt["cashReceiptID"]: receipt for receipt in found}
