"""A return that is a sale of its own names the receipt of the sale that it returns."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from connectors.mapping.documents import Document, SaleState
from connectors.state.state_file import State
from connectors.worker.applying import Applying
from connectors.worker.contract import Contract
from tests.support.sale_states import sold
from tillstream.clock import BusinessDay
from tillstream.receivers.delivery import Delivery
from tillstream.runtime.settings import ReceiptSettings
from tillstream.stores import StoreTable

#: 2026-11-21 08:00 UTC.
RECEIVED_US = 1_795_248_000_000_000
STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris"), 0), {})


def sale(key: str, cents: int, version: int = 1, refers_to: str | None = None) -> SaleState:
    own = Document(f"sale/{key}", sold(cents), refers_to and f"sale/{refers_to}")
    return SaleState(f"square/{key}", version, True, {own.key: own}, None)


def published(state: State, *states: SaleState) -> list[dict[str, Any]]:
    """What deliveries, one for each state, put into the outbox."""
    applying = Applying(state, Contract(STORES, ReceiptSettings()), 400)
    for one in states:
        state.begin()
        applying.apply(Delivery("square", "", "", "", RECEIVED_US, b""), [one])
        state.commit()
    return [dict(msgspec.json.decode(one.line)) for _, one in state.outbox.oldest(-1)]


def test_it_names_the_posting_that_counts_by_then(tmp_path: Path) -> None:
    with State(tmp_path / "state.sqlite3") as state:
        *_, newest, returned = published(
            state, sale("A", 500), sale("A", 700, version=2), sale("B", -100, refers_to="A")
        )

    assert newest["receiptUUID"] == returned["corrects"]


def test_without_the_sale_it_is_posted_all_the_same_and_not_again_for_it(tmp_path: Path) -> None:
    with State(tmp_path / "state.sqlite3") as state:
        returned, sold_later = published(
            state,
            sale("B", -100, refers_to="A"),
            sale("A", 500),
            sale("B", -100, version=2, refers_to="A"),
        )

    assert ("corrects" in returned, "corrects" in sold_later) == (False, False)


def test_of_a_sale_of_which_nothing_counts_any_more_it_names_none(tmp_path: Path) -> None:
    cancelled = sale("A", 500, version=2)._replace(documents={})
    with State(tmp_path / "state.sqlite3") as state:
        *_, returned = published(state, sale("A", 500), cancelled, sale("B", -1, refers_to="A"))

    assert "corrects" not in returned


def test_equal_refunds_of_two_sales_are_two_also_where_a_vendor_numbers_them_by_sale(
    tmp_path: Path,
) -> None:
    def with_refund(key: str) -> SaleState:
        one = sale(key, 500)
        refund = Document("refund/1", sold(-100), f"sale/{key}")
        return one._replace(documents={**one.documents, refund.key: refund})

    with State(tmp_path / "state.sqlite3") as state:
        found = published(state, with_refund("A"), with_refund("B"))

    assert 4 == len({one["receiptUUID"] for one in found})
