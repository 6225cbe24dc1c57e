"""The samples of each vendor become exactly the receipts that plain arithmetic says."""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.mapping.documents import sale_name_of
from connectors.mapping.mapper import mapped, topic_of
from connectors.mapping.payload import payload
from connectors.postings.merging import merge
from connectors.postings.posting import post
from connectors.postings.sale import KeptSale
from connectors.trying import sample, try_command
from loadtest.receivers.history import day
from loadtest.receivers.plain_sum import Key, differences, plain_sum
from loadtest.receivers.registry import VENDORS
from loadtest.receivers.sales import EXPONENTS
from tillstream.receivers.definition import Receiver
from tillstream.receivers.delivery import Delivery

SAMPLES = Path("receivers/samples")
CASES = sorted({path.parent for path in SAMPLES.glob("*/*/delivery-*.json")})
#: What the worker adds to a receipt.
ADDED = ("sale", "version", "receiver", "corrects", "receiptUUID")
PARIS = ZoneInfo("Europe/Paris")


def numbers(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def deliveries(receiver: Receiver, case: Path) -> list[Delivery]:
    """As the worker maps them: the answer of the vendor's API with the topic of its event."""
    found = []
    for path in sorted(case.glob("delivery-*.json")):
        told = sample.read(path, receiver, None)
        event = payload(told[0].body, receiver.delivery.form_field)
        topic = topic_of(receiver, told[0], event)
        found.append(told[-1]._replace(topic=topic))
    return found


def whole_postings(receiver: Receiver, told: Iterable[Delivery]) -> list[dict[str, Any]]:
    """As they are published, with what the worker adds."""
    kept: dict[str, KeptSale] = {}
    found = []

    def uuid_elsewhere(document: str) -> str | None:
        sale = kept.get(sale_name_of(receiver.name, document), KeptSale())
        return sale.documents[document].uuid if document in sale.documents else None

    for delivery in told:
        for state in mapped(receiver, delivery):
            sale = kept.setdefault(state.sale, KeptSale())
            if merge(sale, state):
                posted = post(sale, receiver.name, state.sale, state.version, uuid_elsewhere)
                found += [numbers(posting.line) for posting in posted]
    return found


def postings(receiver: Receiver, told: Iterable[Delivery]) -> list[dict[str, Any]]:
    found = whole_postings(receiver, told)
    return [{key: each[key] for key in each if key not in ADDED} for each in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "/".join(case.parts[-2:]))
def test_what_is_posted_is_what_plain_arithmetic_says(
    receivers: Mapping[str, Receiver], case: Path
) -> None:
    receiver = receivers[case.parent.name]
    expected = numbers((case / "receipts.json").read_text(encoding="utf-8"))

    assert postings(receiver, deliveries(receiver, case)) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: "/".join(case.parts[-2:]))
def test_every_sample_can_be_tried(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in sorted(case.glob("delivery-*.json")):
        try_command.run(argparse.Namespace(name=case.parent.name, file=path, topic=None))
        broken = [line for line in capsys.readouterr().out.splitlines() if "breaks:" in line]

        # Of a price with the tax in it no net may be within half a cent of its gross.
        assert [line for line in broken if "line-gross" not in line] == []


@pytest.mark.parametrize("name", sorted(VENDORS))
def test_a_return_names_the_receipt_of_its_sale(
    receivers: Mapping[str, Receiver], name: str
) -> None:
    told = deliveries(receivers[name], SAMPLES / name / "refund")
    *_, sold, returned = whole_postings(receivers[name], told)

    assert sold["receiptUUID"] == returned["corrects"]
    assert "corrects" not in sold


@pytest.mark.parametrize("name", ["generic", "lightspeed", "odoo", "square"])
def test_a_return_that_comes_before_its_sale_is_posted_without_its_name(
    receivers: Mapping[str, Receiver], name: str
) -> None:
    told = deliveries(receivers[name], SAMPLES / name / "refund")
    returned, sold = whole_postings(receivers[name], [told[-1], told[-2]])

    assert ("corrects" in returned, "corrects" in sold) == (False, False)
    assert returned["documentTotal"]["grossTotal"] == Decimal("-1.3")


@pytest.mark.parametrize("currency", sorted(EXPONENTS))
@pytest.mark.parametrize("name", sorted(VENDORS))
def test_a_day_that_comes_shuffled_and_doubled_sums_to_its_newest_versions(
    receivers: Mapping[str, Receiver], name: str, currency: str
) -> None:
    if name == "lightspeed" and currency != "EUR":
        pytest.skip("its sales name no currency: they have the chain's")
    known, receiver = VENDORS[name], receivers[name]
    shape = known.shape._replace(currency=currency)
    sales = list(day(shape, 60, datetime(2026, 11, 21, tzinfo=PARIS), seed=7))
    told = [each for versions in sales for each in of_versions(name, receiver, versions)] * 2
    random.Random(7).shuffle(told)
    found: Counter[Key] = Counter()
    for receipt in postings(receiver, told):
        at = datetime.fromisoformat(receipt["date"]).astimezone(PARIS)
        key = Key(f"{at:%Y-%m-%d}", receipt["storeID"], receipt.get("currency", currency))
        found[key] += int(receipt["documentTotal"]["grossTotal"].scaleb(EXPONENTS[currency]))
    expected = plain_sum([versions[-1] for versions in sales], PARIS)

    assert differences(expected, found) == []


def of_versions(name: str, receiver: Receiver, versions: list[Any]) -> Iterable[Delivery]:
    vendor = VENDORS[name].vendor
    for version in versions:
        for request in vendor.requests(version):
            headers = {key.lower(): value for key, value in request.headers.items()}
            topic = headers.get((receiver.delivery.topic_header or "").lower(), "")
            first = Delivery(name, topic, "", "", 0, request.body)
            content = payload(request.body, receiver.delivery.form_field)
            body = request.body
            if vendor.orders is not None:
                body = json.dumps(vendor.orders(version)[request.order]).encode()
            yield first._replace(topic=topic_of(receiver, first, content), body=body)
