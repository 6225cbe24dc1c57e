"""A connectors' worker that ends itself by SIGKILL before a numbered step.

`python -m tests.support.killed_connectors STEP`, with the settings of the worker; step 0 is never.
Deliveries say in JSON what StatesMapper reads.
"""

import json
import os
import signal
import sys
import threading
from decimal import Decimal
from typing import Any

from connectors.mapping.documents import Fetch, MappingError, SaleState
from connectors.settings import ConnectorsSettings
from connectors.worker.run_worker import run_worker
from tests.support.sale_states import sold, state
from tillstream.receivers.delivery import Delivery
from tillstream.runtime.settings import load


class StatesMapper:
    """Reads `{"sale", "version", "documents": {key: cents}, "whole", "apart", "fetch"}`."""

    def __init__(self) -> None:
        #: A sale of this name cannot be mapped until the definitions are read again.
        self.poisoned: str | None = "shop/poison"

    def fetch_of(self, delivery: Delivery) -> Fetch | None:
        """Where the body has `fetch`."""
        said = _parsed(delivery)
        return Fetch(said["fetch"], {"Authorization": "token"}) if "fetch" in said else None

    def is_fetched(self, delivery: Delivery) -> bool:
        """Where the body has `fetch`."""
        return self.fetch_of(delivery) is not None

    def states(self, delivery: Delivery) -> list[SaleState]:
        """One sale."""
        said = _parsed(delivery)
        if said["sale"] == self.poisoned:
            raise MappingError("sale.store", "$.location", "no store is 7", "add it to the table")
        documents = {key: sold(cents) for key, cents in said["documents"].items()}
        for changes in said.get("changes", []):
            documents[changes["key"]] |= changes["fields"]
        return [
            state(
                said["version"],
                documents,
                whole=said.get("whole", True),
                apart=said.get("apart"),
                sale=said["sale"],
            )
        ]

    def reload(self) -> None:
        """The definition is mended."""
        self.poisoned = None


def _parsed(delivery: Delivery) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(delivery.body, parse_float=Decimal)
    return found


def main(killed_at: int) -> None:
    """Work until the step is due."""

    def step(number: int) -> None:
        if number == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    run_worker(load(ConnectorsSettings, os.environ), threading.Event(), StatesMapper(), step=step)


if __name__ == "__main__":
    main(int(sys.argv[1]))
