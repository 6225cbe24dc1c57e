"""Publishes the outbox as the door publishes receipts, and deletes what the broker has confirmed.

Steps 6 and 7 of the sequence in taking.py.
"""

from collections.abc import Iterator, Sequence

import pika

from connectors.state.outbox import Outgoing
from connectors.state.state_file import State
from connectors.worker.taking import Step
from tillstream import topology
from tillstream.accepted_count import AcceptedCount
from tillstream.log.partition_channels import PartitionChannels
from tillstream.receipt_message import composed, partition_of_store

#: Receipts that are read at a time, and bytes of a message, as the door's.
MOST_RECEIPTS = 1_000
MOST_BYTES = 256 * 1024

Numbered = tuple[int, Outgoing]


class OutboxPublisher:
    """One session's, on channels with confirms."""

    def __init__(
        self,
        state: State,
        connection: pika.BlockingConnection,
        partitions: int,
        accepted: AcceptedCount,
        step: Step = lambda _: None,
    ) -> None:
        """`accepted` counts what was confirmed, beside the processes of the door."""
        self._state = state
        self._channels = PartitionChannels(connection)
        self._partitions = partitions
        self._accepted = accepted
        self._step = step

    def publish(self) -> int:
        """Publish all; returns how many receipts. Raises pika's errors, the rest waits."""
        published = 0
        while found := self._state.outbox.oldest(MOST_RECEIPTS):
            for partition, part in self._messages(found):
                self._step(6)
                self._send(partition, [one for _, one in part])
                self._step(7)
                self._accepted.add(one.sale for _, one in part)
                self._state.begin()
                self._state.outbox.done(number for number, _ in part)
                self._state.commit()
                published += len(part)
        return published

    def _messages(self, found: Sequence[Numbered]) -> Iterator[tuple[int, list[Numbered]]]:
        """By partition, in their order, no message much larger than MOST_BYTES."""
        parts: dict[int, list[Numbered]] = {}
        for each in found:
            store = each[1].sale[1]
            parts.setdefault(partition_of_store(store, self._partitions), []).append(each)
        for partition, every in parts.items():
            part: list[Numbered] = []
            size = 0
            for each in every:
                if part and size + len(each[1].line) > MOST_BYTES:
                    yield partition, part
                    part, size = [], 0
                part.append(each)
                size += len(each[1].line)
            yield partition, part

    def _send(self, partition: int, some: Sequence[Outgoing]) -> None:
        body, content_type, encoding = composed([one.line for one in some], len(some))
        properties = pika.BasicProperties(
            content_type=content_type, content_encoding=encoding, delivery_mode=2
        )
        # Returns at the confirm; raises where it is returned or refused.
        self._channels.channel(partition).basic_publish(
            topology.RECEIPTS, topology.routing_key(partition), body, properties, mandatory=True
        )
