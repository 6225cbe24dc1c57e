"""Orders of the vendors' samples, and the receipts that versions of one of them come to."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from connectors.mapping.mapper import mapped
from connectors.postings.merging import merge
from connectors.postings.posting import post
from connectors.postings.sale import KeptSale
from tillstream.receivers.definition import Receiver
from tillstream.receivers.delivery import Delivery

Payload = dict[str, Any]
TOPICS = {"woocommerce": "order.updated", "shopify": "orders/updated"}


def sample(name: str, case: str, number: int = 1) -> Payload:
    """The order of a sample."""
    path = Path(f"receivers/samples/{name}/{case}/delivery-{number}.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    found = told.get("fetched") or told["body"]
    if isinstance(found, str):
        found = parse_qs(found)["payload"][0] if found.startswith("payload=") else found
        found = json.loads(found)
    return dict(found)


def posted(receiver: Receiver, *payloads: Payload) -> list[dict[str, Any]]:
    """The receipts of versions of one sale, in the order in which they come."""
    sale, found = KeptSale(), []
    for one in payloads:
        body = json.dumps(one).encode()
        delivery = Delivery(receiver.name, TOPICS.get(receiver.name, ""), "", "", 0, body)
        for state in mapped(receiver, delivery):
            if merge(sale, state):
                found += post(sale, receiver.name, state.sale, state.version)
    return [json.loads(one.line, parse_float=Decimal) for one in found]


def gross(receipts: list[dict[str, Any]]) -> Decimal:
    return Decimal(sum(one["documentTotal"]["grossTotal"] for one in receipts))


def tenders(receipt: dict[str, Any]) -> list[tuple[str, str]]:
    every = receipt["settlements"]
    return [(one["paymentMechanism"], str(one["settlementAmount"])) for one in every]
