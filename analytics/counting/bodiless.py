"""Batches without their messages, to travel from one process to another. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from analytics.counting import isolation
from analytics.counting.isolation import Batch
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

#: Bytes of receipts, about, that are read and summed at once: a store comes often enough in so
#: many that its sums are few beside its receipts.
BATCH_BYTES = 8 * 1024 * 1024
#: What a packed message holds for each of its bytes, about.
PACKED_FOLD = 10


def grouped(
    log: Iterable[list[LogMessage]], batch_bytes: int = BATCH_BYTES
) -> Iterator[list[LogMessage]]:
    """The messages again, in groups of so many bytes of receipts, about."""
    group: list[LogMessage] = []
    size = 0
    for messages in log:
        for message in messages:
            group.append(message)
            size += len(message.body) * (PACKED_FOLD if message.content_encoding else 1)
            if size >= batch_bytes:
                yield group
                group, size = [], 0
    if group:
        yield group


def read_bodiless(messages: Sequence[LogMessage], stores: StoreTable) -> list[Batch]:
    """The batches of messages; those of the last one are all of them, which its reader has.

    `with_bodies` gives them back.
    """
    batches = isolation.read_batches(messages, stores)
    if batches[-1].messages is not messages:
        # Receipts were isolated. An end that holds nothing says how far.
        batches += isolation.read_batches([], stores)
    return [*batches[:-1], batches[-1]._replace(messages=())]


def with_bodies(batches: list[Batch], messages: Sequence[LogMessage]) -> list[Batch]:
    """The batches of `read_bodiless` with the messages that they were read of."""
    *before, last = batches
    return [*before, last._replace(messages=messages)]
