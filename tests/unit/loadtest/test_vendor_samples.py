"""The samples of receivers/samples: as the sender writes them, and each adds up."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from loadtest.receivers.registry import VENDORS
from loadtest.receivers.samples import files

SAMPLES = Path("receivers/samples")
RECEIPTS = sorted(SAMPLES.glob("*/*/receipts.json"))


def read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_the_samples_are_those_that_the_sender_writes(name: str) -> None:
    written = {
        path.relative_to(SAMPLES / name).as_posix(): path.read_text(encoding="utf-8")
        for path in (SAMPLES / name).rglob("*.json")
    }

    assert written == files(VENDORS[name])


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_each_vendor_has_the_five_samples(name: str) -> None:
    found = {path.parent.name for path in (SAMPLES / name).glob("*/receipts.json")}

    assert {"sale", "discounts", "refund", "tip", "edited"} <= found


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_lines_totals_and_tenders_of_a_receipt_add_up(path: Path) -> None:
    for receipt in read(path):
        total, lines = receipt["documentTotal"], receipt["lines"]
        summed = {
            "netTotal": sum(line["creditAmount"] for line in lines),
            "taxPayable": total["grossTotal"] - total["netTotal"],
            "grossTotal": sum(line["settlementAmount"] for line in lines),
        }
        paid = sum(each["settlementAmount"] for each in receipt["settlements"])

        assert (total, paid) == (summed, total["grossTotal"])


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_the_tax_of_a_line_is_its_rate_to_half_a_minor_unit(path: Path) -> None:
    for receipt in read(path):
        unit = {"JPY": Decimal(1), "KWD": Decimal("0.001")}.get(
            receipt.get("currency", "EUR"), Decimal("0.01")
        )
        for line in receipt["lines"]:
            net, gross = Decimal(line["creditAmount"]), Decimal(line["settlementAmount"])
            rate = Decimal(line["taxPercentage"]) / 100
            # The rate of a refund's sum alone is itself rounded to a hundredth of a percent.
            off = abs(gross - net * (1 + rate))

            assert off <= unit * Decimal("1.2")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/cancelled/receipts.json")), ids=str)
def test_a_cancelled_sale_leaves_nothing(path: Path) -> None:
    posted = read(path)

    assert posted
    assert sum(receipt["documentTotal"]["grossTotal"] for receipt in posted) == 0
