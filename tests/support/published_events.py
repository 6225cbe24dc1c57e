"""Publishes messages of events as the door does."""

import pika
from pika.adapters.blocking_connection import BlockingConnection

from tillstream import topology
from tillstream.streams.message import Packed


def publish(connection: BlockingConnection, packed: Packed, partition: int = 0) -> None:
    """Publish a message to a partition of the log, and wait for its confirm."""
    channel = connection.channel()
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type=packed.content_type,
        content_encoding=packed.content_encoding,
        delivery_mode=2,
    )
    key = topology.routing_key(partition)
    channel.basic_publish(topology.EVENTS, key, packed.body, properties)
    channel.close()
