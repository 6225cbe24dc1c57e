"""An order of another shop never replaces one of the same id: it is set aside, and says why."""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from connectors.settings import ConnectorsSettings
from connectors.state.state_file import State
from connectors.worker.applying import Applying
from connectors.worker.contract import Contract
from connectors.worker.definitions import DefinitionsMapper
from connectors.worker.taking import Taking
from tillstream.log.reader import LogMessage
from tillstream.receivers.delivery import Delivery, message_headers
from tillstream.stores import load

#: 2026-11-21 12:00 UTC.
RECEIVED_US = 1_795_262_400_000_000
PARIS, LYON = "https://paris.example/", "https://lyon.example/"


class Worker:
    """Takes WooCommerce's deliveries, without a broker."""

    def __init__(self, state: State, receivers: Path) -> None:
        settings = ConnectorsSettings(amqp_url="amqp://nobody", receivers_dir=str(receivers))
        self.state = state
        self.mapper = DefinitionsMapper(settings, {})
        applying = Applying(state, Contract(load(settings), settings), 400)
        self.taking = Taking(state, self.mapper, applying, 400)
        self._offset = 0
        sample = Path("receivers/samples/woocommerce/sale/delivery-1.json").read_bytes()
        self._order: dict[str, Any] = json.loads(json.loads(sample)["body"])

    def take(self, source: str, minute: int, gateway: str) -> None:
        """One version of the order, by how it was paid."""
        changed = {"date_modified_gmt": f"2026-11-21T09:{minute}:00", "payment_method": gateway}
        body = json.dumps(self._order | changed).encode()
        came = RECEIVED_US + self._offset
        told = Delivery("woocommerce", "order.updated", "", source, came, body)
        self.taking.take([LogMessage(self._offset, body, None, None, message_headers(told))])
        self._offset += 1

    def paid(self) -> list[str]:
        """How each posting was paid, in their order."""
        every = [json.loads(one.line) for _, one in self.state.outbox.oldest(-1)]
        return [one["settlements"][0]["paymentMechanism"] for one in every]


@pytest.fixture
def receivers(tmp_path: Path) -> Path:
    copy("receivers/woocommerce.toml", tmp_path)
    return tmp_path


@pytest.fixture
def worker(tmp_path: Path, receivers: Path) -> Iterator[Worker]:
    with State(tmp_path / "state.sqlite3") as state:
        yield Worker(state, receivers)


def test_the_order_of_another_shop_is_set_aside_until_its_own_shop_is_known(
    worker: Worker, receivers: Path
) -> None:
    worker.take(PARIS, 10, "paris")
    worker.take(LYON, 20, "lyon")
    worker.take(PARIS, 30, "paris again")

    # A newer version of the first shop's heals nothing of the other one.
    assert ["paris", "paris", "paris again"] == worker.paid()
    [aside] = worker.state.waiting.of_kind("aside")
    assert "other shop" == aside.reason.rule
    assert "'lyon.example' is one of 'paris.example' already" in aside.reason.found

    path = receivers / "woocommerce.toml"
    moved = '[delivery]\nmoved = { "lyon.example" = "https://Paris.example" }'
    path.write_text(path.read_text().replace("[delivery]", moved))
    worker.mapper.reload()
    worker.take(LYON, 40, "moved")
    assert "moved" == worker.paid()[-1]


def test_a_shop_is_the_same_by_http_and_one_that_no_header_names_is_not_refused(
    worker: Worker,
) -> None:
    worker.take("", 10, "unnamed")
    worker.take(PARIS, 20, "first")
    worker.take("http://PARIS.example", 30, "by http")
    worker.take("", 40, "unnamed again")

    assert "unnamed again" == worker.paid()[-1]
    assert [] == worker.state.waiting.of_kind("aside")
