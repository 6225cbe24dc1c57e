"""Channels with confirms for publishers to the receipts log, one for each of its partitions.

A channel publishes to one stream alone: docs/decisions/0041-a-channel-for-each-stream.md.
"""

from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection


class PartitionChannels:
    """Those of one connection, opened when they are first used."""

    def __init__(self, connection: BlockingConnection) -> None:
        self._connection = connection
        self._open: dict[int, BlockingChannel] = {}

    def channel(self, partition: int) -> BlockingChannel:
        """The channel of a partition; raises pika's errors."""
        if partition not in self._open:
            channel = self._open[partition] = self._connection.channel()
            channel.confirm_delivery()
        return self._open[partition]
