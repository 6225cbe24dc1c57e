"""What late events have made wrong is named by `verify` and corrected by `recount-attribution`."""

import json
import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient

from events.settings import STATE
from events.windows.state_file import State
from tests.support import clicks_world as shop
from tests.support.commands import command
from tests.support.processes import running
from tests.support.published_events import publish
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.log.continuity import Log
from tillstream.log.whole_log import read_log
from tillstream.streams import attribution_documents
from tillstream.streams.changes import credits_collection

PURCHASES = 2_000
LATE_SHARE = 0.01
#: Of the product that comes at last.
ABSENT = "p7"
NAMES = ("click_id", "source", "touches", "quantity", "category", "missing")


def late_world() -> tuple[shop.World, set[str]]:
    """Three clicks for each purchase, of which some come late, as some purchases; and the
    purchases that are late, or have such a click in their window.
    """
    chance = random.Random(7)
    events, late_clicks, affected = [], [], set()
    for stream, came, event in shop.world(7, PURCHASES, users=500, products=8).sent:
        delay = 0
        if stream != "products" and chance.random() < LATE_SHARE:
            delay = chance.randrange(3, 6) * shop.MINUTE
            if stream == "clicks":
                late_clicks.append(event)
            else:
                affected.add(event["purchase_id"])
        if event.get("product_id") != ABSENT or stream != "products":
            events.append((stream, came + delay, event))
    world = shop.World(sorted(events, key=lambda one: one[1]))
    for one in world.events("purchases"):
        for click in late_clicks:
            before = one["purchase_time"] - click["click_time"]
            if click["user_id"] == one["user_id"] and 0 <= before <= shop.WINDOW:
                affected.add(one["purchase_id"])
    return world, affected


def test_late_clicks_are_named_and_corrected_and_a_second_recount_finds_nothing(
    broker: BlockingConnection,
    amqp_url: str,
    mongo_url: str,
    mongo_database: str,
    tmp_path: Path,
    room_settings: dict[str, str],
) -> None:
    environ = {**room_settings, "STREAMS_DIR": str(shop.STREAMS)}
    world, affected = late_world()
    expected = checkouts(shop.expected(world))
    state = tmp_path / STATE
    with MongoClient[dict[str, Any]](mongo_url, tz_aware=True) as client:
        attribution = shop.DEFINITIONS.attributions["checkouts"]
        rows = client[mongo_database][attribution_documents.collection_name(attribution)]

        def stored() -> dict[str, dict[str, Any]]:
            return checkouts({row["_id"]: row for row in rows.find()})

        def is_done() -> bool:
            if rows.count_documents({"is_final": True}) < PURCHASES:
                return False
            with State(state, create=False) as opened:
                outbox = opened.execute("SELECT count(*) FROM outbox").fetchone()
                counted = shop.counted_by_source(opened)
            numbers = sum(number for number, _, _ in counted.values())
            return (outbox, numbers) == ((0,), PURCHASES)

        for packed in shop.messages_of(world):
            publish(broker, packed)
        with running("events", "worker", **environ):
            wait_until(is_done, 60, "all of them final")
            # What is bought already keeps what it has of its product.
            publish(broker, shop.sent("products", [again()], world.sent[-1][1]))
            before = stored()
            wrong = {key for key in expected if expected[key] != before[key]}
            named = json.loads(command("events", "verify", "--json", **environ).stdout)
            first = command("events", "recount-attribution", **environ)
            second = command("events", "recount-attribution", **environ)
            wait_until(lambda: stored() == expected and is_done(), 30, "the corrected rows")
            # The worker has what waits as it was corrected.
            product = shop.product(int(ABSENT[1:]))
            world.sent.append(("products", 0, product))
            everything = shop.expected(world)
            publish(broker, shop.sent("products", [product], world.sent[-1][1]))
            wait_until(lambda: stored() == checkouts(everything) and is_done(), 30, "the product")
            verified = command("events", "verify", **environ)
            # What MongoDB has is a copy that nobody may change.
            credits_rows = client[mongo_database][credits_collection(attribution)]
            rows.update_one({"_id": "b1"}, {"$inc": {"quantity": 1}})
            rows.delete_one({"_id": "b2"})
            rows.insert_one(next(rows.find({"_id": "b3"})) | {"_id": "made-up"})
            credits_rows.update_one({"_id": "b4"}, {"$inc": {"credits.0.linear": 1}})
            tampered = json.loads(command("events", "verify", "--json", **environ).stdout)
        documents = client[mongo_database][credits_collection(attribution)].find()
        in_mongo: Counter[str | None] = Counter()
        for document in documents:
            in_mongo.update({one["channel"]: one["first_touch"] for one in document["credits"]})
    with State(state, create=False) as opened:
        counted = shop.counted_by_source(opened)
    [proof] = named["attributions"]
    waiting = sum(row["missing"] is not None for row in expected.values())
    told = f"checkouts: {PURCHASES} conversions compared,"

    assert set() < wrong <= affected
    assert (PURCHASES, False) == (proof["conversions"], named["holds"])
    assert len(wrong) == proof["differing"]
    assert f"{told} {len(wrong)} differ, {len(wrong)} corrected, {waiting} wait" in first.stdout
    assert f"{told} 0 differ, 0 corrected, {waiting} wait" in second.stdout
    assert shop.by_source(everything.values()) == counted
    assert (0, "") == (verified.returncode, verified.stderr), verified.stdout
    assert f"MongoDB {2 * PURCHASES}, 0 differ" in verified.stdout
    [proof] = tampered["attributions"]
    assert (4, 0, False) == (proof["mongo_differing"], proof["differing"], tampered["holds"])
    assert {
        "MongoDB checkouts: document b1",
        "MongoDB checkouts: missing document b2",
        "MongoDB checkouts: surplus document made-up",
        "MongoDB checkout_credits: document b4",
    } == {f"{each['what']} {each['row']}" for each in tampered["differences"]}
    assert first_touches(everything) == +credited(amqp_url)
    assert first_touches(everything) == +in_mongo


def again() -> shop.Event:
    """A product that has changed."""
    return shop.product(0) | {"category": "Games", "price": 1}


def checkouts(rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {key: {name: row[name] for name in NAMES} for key, row in rows.items()}


def first_touches(rows: dict[str, shop.Event]) -> Counter[str | None]:
    """What each channel has to have of the purchases."""
    found: Counter[str | None] = Counter()
    for row in rows.values():
        found[row["source"]] += 1_000_000
    return found


def credited(url: str) -> Counter[str | None]:
    """What it has by all rows in the log."""
    last = Log(url, topology.EVENTS_LOG).last_offset()
    batches = read_log(url, threading.Event(), last, 0, topology.EVENTS_LOG)
    found: Counter[str | None] = Counter()
    for row in shop.rows_of((one for some in batches for one in some), "checkout_credits"):
        found[row["channel"]] += row["sign"] * row["first_touch"]
    return found
