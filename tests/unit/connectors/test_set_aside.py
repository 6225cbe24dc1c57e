"""What is set aside stays until something at least as new says the same sale."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.mapping.documents import SaleState
from connectors.settings import ConnectorsSettings
from connectors.state.state_file import State
from connectors.verifying.scratch import scratch
from connectors.verifying.versions import Versions
from connectors.worker.applying import Applying
from connectors.worker.contract import Contract
from connectors.worker.taking import Taking
from tests.support.killed_connectors import StatesMapper
from tillstream.log.reader import LogMessage
from tillstream.receivers.delivery import Delivery, message_headers
from tillstream.stores import load

RECEIVED_US = 1_795_262_400_000_000


class SeveralMapper(StatesMapper):
    """A delivery is a list of sales."""

    def states(self, delivery: Delivery) -> list[SaleState]:
        said = json.loads(delivery.body)
        every = said if isinstance(said, list) else [said]
        bodies = [delivery._replace(body=json.dumps(one).encode()) for one in every]
        return [state for one in bodies for state in super(SeveralMapper, self).states(one)]

    def fetch_of(self, _: Delivery) -> None:
        return None


class Worker:
    """Takes deliveries, without a broker."""

    def __init__(self, state: State) -> None:
        settings = ConnectorsSettings(amqp_url="amqp://nobody")
        self._state = state
        contract = Contract(load(settings), settings)
        self._taking = Taking(state, SeveralMapper(), Applying(state, contract, 400), 400)
        self._offset = 0
        self.messages: list[LogMessage] = []

    def differences(self) -> list[dict[str, Any]]:
        """What a proof finds."""
        with scratch() as kept:
            versions = Versions(
                SeveralMapper(), kept, self._state.waiting.aside_offsets(), self._state.answers
            )
            versions.take(self.messages)
            return versions.differences(self._state.sales)

    def take(self, *said: Any) -> list[int]:
        """The numbers of what is set aside afterwards."""
        for one in said:
            body = json.dumps(one).encode()
            came = RECEIVED_US + self._offset
            headers = message_headers(Delivery("shop", "", "", "", came, body))
            self.messages.append(LogMessage(self._offset, body, None, None, headers))
            self._taking.take(self.messages[-1:])
            self._offset += 1
        return self._state.waiting.numbers("aside", 0)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    with State(tmp_path / "state.sqlite3") as state:
        yield Worker(state)


def sale(version: int, number: int = 1, *, broken: bool = False) -> dict[str, Any]:
    """A sale, that has no store where it is broken."""
    key = f"order/{number}"
    said = {"sale": f"shop/{number}", "version": version, "documents": {key: 500 + version}}
    return said | ({"changes": [{"key": key, "fields": {"storeID": ""}}]} if broken else {})


def test_an_older_version_that_comes_again_heals_no_newer_one(worker: Worker) -> None:
    after = [worker.take(one) for one in (sale(2), sale(3, broken=True), sale(2), sale(1))]

    assert [[], [1], [1], [1]] == after
    assert [] == worker.take(sale(4))


def test_a_delivery_of_several_sales_is_not_healed_by_one_of_them(worker: Worker) -> None:
    worker.take([sale(1, number=1, broken=True), sale(1, number=2)])

    assert [1] == worker.take(sale(2, number=1))


def test_what_is_set_aside_though_it_can_be_mapped_is_no_difference_to_a_proof(
    worker: Worker,
) -> None:
    worker.take(sale(1), sale(2, broken=True), sale(1, 2, broken=True), [sale(1, 3, broken=True)])

    assert [] == worker.differences()

    worker.take(sale(3, 2))
    worker._state.database.execute("DELETE FROM sales WHERE sale = 'shop/2'")

    assert ["shop/2"] == [one["sale"] for one in worker.differences()]
