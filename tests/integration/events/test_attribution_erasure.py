"""A person is erased from everything that an attribution keeps, and no window changes."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from events.erasure.erase import Eraser
from events.erasure.wanted import wanted
from events.settings import STATE, EventsSettings
from events.verify.proof import verify
from events.verify.report import Report
from events.windows.state_file import State
from tests.support.clicks_world import MINUTE, NOON
from tests.support.event_streams import STREAMS
from tests.support.processes import running
from tests.support.published_events import publish
from tests.support.shop_events import packed
from tests.support.waiting import wait_until
from tillstream.runtime.settings import load
from tillstream.streams import columns, definitions_file

DEFINITIONS = definitions_file.load([STREAMS])
PERSON, NAME, EMAIL = "u-ann", "Ann Öberg", "ann@example.org"
WINDOWS = ("revenue", "source_count", "category_count", "gender_count", "source_credits")
Document = dict[str, Any]


class Shop:
    """A worker's servers and folder."""

    def __init__(self, connection: BlockingConnection, environ: dict[str, str]) -> None:
        self._connection = connection
        self.environ = environ
        self.folder = Path(environ["DATA_DIR"])
        self._settings = load(EventsSettings, environ)

    def send(self, stream: str, **event: object) -> None:
        schema = columns.schema(DEFINITIONS.streams[stream])
        received = time.time_ns() // 1_000
        time_column = DEFINITIONS.streams[stream].time_column
        events = pa.RecordBatch.from_pylist([{time_column: received} | event], schema)
        publish(self._connection, packed(events, received, stream))

    def buy(self, number: int, user: str, minute: int, product: str = "p0") -> None:
        at = NOON + minute * MINUTE
        self.send(
            "clicks",
            click_id=f"c{number}",
            user_id=user,
            click_time=at - MINUTE,
            source="Google Ads",
            ip="10.1.2.3",
        )
        self.send(
            "purchases",
            purchase_id=f"b{number}",
            user_id=user,
            product_id=product,
            shipping_cost=100,
            discount=0,
            quantity=2,
            purchase_time=at,
            payment_status="success",
        )

    def erase(self, field: str, value: str, stream: str, ended_at: str = "") -> set[str]:
        def step(name: str) -> None:
            if name == ended_at:
                raise KeyboardInterrupt

        eraser = Eraser(self._settings, DEFINITIONS, time.time, threading.Event(), step)
        return set(eraser.erase(wanted(DEFINITIONS, field, value, stream)).erased)

    def verify(self) -> Report:
        return verify(self._settings, threading.Event())

    def windows(self) -> list[tuple[Any, ...]]:
        """Every row without its change."""
        found = []
        with State(self.folder / STATE, create=False) as state:
            for name in WINDOWS:
                cursor = state.execute(f'SELECT * FROM "window.{name}" ORDER BY start, keys')  # noqa: S608
                names = [each[0] for each in cursor.description]
                hidden = {"change", "final", "is_final", "stored"}
                found += [
                    (
                        name,
                        *(
                            value
                            for key, value in zip(names, row, strict=True)
                            if key not in hidden
                        ),
                    )
                    for row in cursor
                ]
        return found

    def kept(self) -> str:
        """All that files and state have, as text."""
        found: list[object] = []
        for path in self.folder.glob("parquet/events/*/*/*.parquet"):
            found += pq.read_table(path).to_pylist()
        with State(self.folder / STATE, create=False) as state:
            for table in ("joined", "waiting", "waiting_for", "outbox"):
                found += state.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        return json.dumps(
            found,
            ensure_ascii=False,
            default=lambda one: (
                str(one.decode("utf-8", "ignore")) if isinstance(one, bytes) else str(one)
            ),
        )


@pytest.fixture
def shop(broker: BlockingConnection, room_settings: dict[str, str]) -> Shop:
    environ = {**room_settings, "STREAMS_DIR": str(STREAMS)}
    return Shop(broker, environ)


@pytest.fixture
def rows(mongo_url: str, mongo_database: str) -> Iterator[Any]:
    with MongoClient[Document](mongo_url) as client:
        yield client[mongo_database]["events_checkouts"]
        # Of windows that name a database of their own.
        client.drop_database("ecommerce_website")


def test_an_erased_person_is_in_nothing_that_an_attribution_keeps(shop: Shop, rows: Any) -> None:
    def stored(purchase: str, **values: object) -> Document:
        def holds() -> Document | None:
            found = rows.find_one({"_id": purchase})
            return found if found and values.items() <= found.items() else None

        return wait_until(holds, 60, f"{purchase} with {values}")

    with running("events", "worker", **shop.environ):
        shop.send("users", user_id=PERSON, name=NAME, email=EMAIL, gender="F", phone="1")
        shop.send("users", user_id="u2", name="Ben", email="ben@example.org", gender="M")
        shop.send("products", product_id="p0", category="Books", price=1000, commission_rate=50)
        shop.buy(1, PERSON, 0)
        shop.buy(2, PERSON, 1, "p-later")
        # Final, and waiting for its product; and one that is open.
        shop.buy(3, PERSON, 40)
        shop.buy(4, "u2", 40)
        stored("b2", is_final=True, missing="products", user_name=NAME)
        stored("b3", is_final=False, user_id=PERSON, gender="F")
        stored("b4", is_final=False)
        before = shop.windows()
        with pytest.raises(KeyboardInterrupt):
            shop.erase("user_id", PERSON, "purchases", "documents of checkouts")
        said = shop.erase("user_id", PERSON, "purchases")
        shop.erase("name", NAME, "users")
        shop.erase("email", EMAIL, "users")
        erased = {row["user_id"] for row in rows.find({"_id": {"$in": ["b1", "b2", "b3"]}})}
        after = shop.windows()
        # Rows of events from before the erasure: one waited for this, others become final.
        shop.send("products", product_id="p-later", category="Toys", price=500)
        stored("b2", category="Toys", gender="F", missing=None)
        shop.buy(5, "u2", 80)
        shop.send("clicks", click_id="c6", user_id="u2", click_time=NOON + 80 * MINUTE)
        last = stored("b3", is_final=True, gender="F", source="Google Ads", touches=1)
        stored("b5", is_final=False)
    with running("events", "worker", **shop.environ):
        shop.buy(7, "u2", 120)
        stored("b5", is_final=True)
        report = shop.verify()
    kept, audit = shop.kept(), (shop.folder / "events" / "erasures.jsonl").read_text()

    assert before == after
    assert 1 == len(erased)
    assert PERSON not in erased
    assert {last["user_id"]} == erased
    assert {"clicks", "purchases", "users", "checkouts"} <= said
    assert ([], True) == (report.differences, report.holds())
    for value in (PERSON, NAME, EMAIL):
        assert value not in kept
        assert value not in json.dumps(list(rows.find()), default=str, ensure_ascii=False)
        assert value not in audit
