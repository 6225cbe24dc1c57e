"""Checkouts of the events worker: what is sent, and what MongoDB and the windows have of it."""

import time
from pathlib import Path
from typing import Any

from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from events.windows.state_file import State
from tests.support import clicks_world as shop
from tests.support.published_events import publish
from tests.support.waiting import wait_until
from tillstream.streams import attribution_documents
from tillstream.streams.changes import MODELS, WHOLE_CREDIT, credits_collection

ATTRIBUTION = shop.DEFINITIONS.attributions["checkouts"]
Client = MongoClient[dict[str, Any]]


class StoredCheckouts:
    """What is sent, and what is stored of it."""

    def __init__(
        self, connection: BlockingConnection, client: Client, database: str, state: Path
    ) -> None:
        self._connection = connection
        self._state = state
        self.rows = client[database][attribution_documents.collection_name(ATTRIBUTION)]
        self.credits = client[database][credits_collection(ATTRIBUTION)]
        self.sent = shop.World([])

    def send(self, stream: str, *events: shop.Event) -> None:
        received = time.time_ns() // 1_000
        self.sent.sent.extend((stream, received, event) for event in events)
        publish(self._connection, shop.sent(stream, events, received))

    def stored(self, purchase: str) -> dict[str, Any]:
        return self.rows.find_one({"_id": purchase}) or {}

    def wait(self, purchase: str, **values: object) -> dict[str, Any]:
        def holds() -> dict[str, Any] | None:
            found = self.stored(purchase)
            return found if found and values.items() <= found.items() else None

        return wait_until(holds, 30, f"{purchase} with {values}")

    def checkouts(self) -> dict[str, dict[str, Any]]:
        """What MongoDB has, as the log has it."""
        return {
            row["_id"]: {
                "source": row["source"],
                "touches": row["touches"],
                "quantity": row["quantity"],
                "missing": row["missing"],
            }
            for row in self.rows.find()
        }

    def expected(self) -> dict[str, dict[str, Any]]:
        names = ("source", "touches", "quantity", "missing")
        return {
            key: {name: row[name] for name in names}
            for key, row in shop.expected(self.sent).items()
        }

    def credited(self) -> dict[str, str | None]:
        """By conversion the channel of its first touch, as its credits have it, which add up."""
        found = {}
        for row in self.credits.find():
            for model in MODELS:
                assert WHOLE_CREDIT == sum(one[model] for one in row["credits"])
            [first] = [one["channel"] for one in row["credits"] if one["first_touch"]]
            found[row["_id"]] = first
        return found

    def is_counted(self) -> bool:
        """Whether the windows have everything that was sent."""
        with State(self._state, create=False) as state:
            counted = shop.counted_by_source(state)
        return counted == shop.by_source(shop.expected(self.sent).values())

    def is_outbox_empty(self) -> bool:
        """Whether all that the worker has made was published and stored."""
        with State(self._state, create=False) as state:
            return bool(state.execute("SELECT count(*) FROM outbox").fetchone() == (0,))

    def is_settled(self) -> bool:
        """Whether it is stored too, and the outbox empty."""
        expected = self.expected()
        return (
            self.is_outbox_empty()
            and self.is_counted()
            and expected == self.checkouts()
            and {key: row["source"] for key, row in expected.items()} == self.credited()
        )
