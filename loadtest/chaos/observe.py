"""Reads what the system holds: the archive, the conflicts, the totals, the dead letters."""

from typing import Any

import pika.exceptions
from pymongo import MongoClient

from loadtest.chaos.deliveries import CURRENCY
from loadtest.chaos.events_book import Figures
from loadtest.chaos.history import Observed, Sale
from loadtest.chaos.system import DATABASE
from tillstream import topology
from tillstream.codec import JSON
from tillstream.runtime import broker
from tillstream.snapshots import CountSnapshot

#: MongoDB's collection of the windows of streams/chaos.toml.
EVENT_WINDOWS = "windows_chaos_bodies"

_UNDECODABLE = pika.BasicProperties(content_type=JSON, delivery_mode=2)


def observe(mongo_url: str, count: CountSnapshot, *, letters: bool) -> Observed:
    """The archive now, with its dead letters where asked, beside a `count` snapshot.

    Raises PyMongoError.
    """
    fields = {"businessDay": 1, "store": 1, "grossMinor": 1}
    with MongoClient[dict[str, Any]](
        mongo_url, serverSelectionTimeoutMS=2000, socketTimeoutMS=30_000
    ) as client:
        database = client[DATABASE]
        stored = {
            each["_id"]: Sale(each["businessDay"], each["store"], each["grossMinor"])
            for each in database.receipts.find({"currency": None}, fields)
        }
        conflicts = [each["key"] for each in database.conflicts.find({}, {"key": 1})]
        dead = [bytes(each["body"]) for each in database.dead_letters.find({}, {"body": 1})]
    counted = {closed.day: (closed.count, closed.sum_minor) for closed in count.closed_days}
    counted[count.day] = (count.count, count.sum_minor)
    return Observed(stored, conflicts, counted, dead if letters else None)


def observe_events(mongo_url: str) -> dict[int, Figures]:
    """What the windows of events have, by the number of the body. Raises PyMongoError."""
    totals = {
        "$group": {
            "_id": "$number",
            "events": {"$sum": "$nr_of_events"},
            "cents": {"$sum": "$amount_in_cent"},
        }
    }
    with MongoClient[dict[str, Any]](
        mongo_url, serverSelectionTimeoutMS=2000, socketTimeoutMS=30_000
    ) as client:
        found = client[DATABASE][EVENT_WINDOWS].aggregate([totals])
        return {each["_id"]: Figures(each["events"], each["cents"]) for each in found}


def observe_deliveries(mongo_url: str) -> dict[int, int]:
    """What the sales of the receiver come to, by their numbers. Raises PyMongoError."""
    by_sale = {"$group": {"_id": "$number", "amount": {"$sum": "$grossMinor"}}}
    with MongoClient[dict[str, Any]](
        mongo_url, serverSelectionTimeoutMS=2000, socketTimeoutMS=30_000
    ) as client:
        found = client[DATABASE].receipts.aggregate([{"$match": {"currency": CURRENCY}}, by_sale])
        return {int(each["_id"]): each["amount"] for each in found}


def publish_undecodable(amqp_url: str, body: bytes) -> bool:
    """Publish a message past the door; whether the broker has confirmed it."""
    try:
        with broker.connect(amqp_url, "chaos letters") as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish(topology.RECEIPTS, "", body, _UNDECODABLE, mandatory=True)
    except (pika.exceptions.AMQPError, OSError):
        return False
    return True
