"""What the worker publishes has the marks and the currency that the door would give it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.postings.posting import Posting
from connectors.settings import ConnectorsSettings
from connectors.worker.contract import Contract
from connectors.worker.definitions import DefinitionsMapper
from entrypoint.receipt_check import ReceiptCheck
from entrypoint.settings import EntrypointSettings
from tests.support.receipts import encoded, receipt
from tests.support.receiver_definitions import SHOP
from tillstream import stores
from tillstream.http.keys import ANYONE
from tillstream.receivers.delivery import Delivery

AMQP_URL = "amqp://nobody:nothing@localhost:1/"
#: 2026-11-21 12:00 UTC.
RECEIVED_US = 1_795_262_400_000_000
TOTAL = {"netTotal": 6, "taxPayable": 0, "grossTotal": 6}


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({}, None),
        ({"documentTotal": TOTAL | {"taxPayable": 1}}, ["total-gross"]),
        ({"settlements": []}, ["tenders"]),
        ({"date": "2026-11-21 13:04:00"}, None),
        ({"date": "2026-11-21 13:06:00"}, ["clock-ahead"]),
        ({"settlements": [], "date": "2027-01-01 00:00:00"}, ["tenders", "clock-ahead"]),
        ({"currency": "JPY"}, None),
        ({"currency": "KWD", "settlements": []}, ["tenders"]),
    ],
)
def test_a_receipt_of_a_receiver_bears_the_doors_marks(
    changes: dict[str, Any], marks: list[str] | None
) -> None:
    door_settings = EntrypointSettings(amqp_url=AMQP_URL)
    settings = ConnectorsSettings(amqp_url=AMQP_URL)
    table = stores.load(settings)
    line = encoded(receipt(**changes))

    by_door = ReceiptCheck(door_settings, table).check(line, ANYONE, RECEIVED_US / 1_000_000)
    actual = Contract(table, settings).checked(Posting("1", line), RECEIVED_US)

    assert (by_door.line, by_door.sale) == (actual.line, actual.sale)
    assert marks == msgspec.json.decode(actual.line).get("marks")


@pytest.mark.parametrize(
    ("currency", "price", "gross"), [("JPY", 150, "150"), ("KWD", "1.505", "1.505")]
)
def test_a_payload_without_a_currency_is_in_the_chains(
    currency: str, price: object, gross: str, tmp_path: Path
) -> None:
    (tmp_path / "shop.toml").write_text(f"""{SHOP}tax_rate = "'0'"\n""")
    settings = ConnectorsSettings(amqp_url=AMQP_URL, currency=currency, receivers_dir=str(tmp_path))
    body = encoded({"id": 1, "time": "2026-11-21T08:00:01Z", "lines": [{"amount": price}]})

    [state] = DefinitionsMapper(settings, {}).states(
        Delivery("shop", "", "", "", RECEIVED_US, body)
    )
    [document] = state.documents.values()

    assert currency == document.receipt["currency"]
    assert gross == str(document.receipt["documentTotal"]["grossTotal"])
