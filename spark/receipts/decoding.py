"""What the executors do: messages of the receipts log in, batches as they are counted out."""

import base64
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import pyarrow as pa

from analytics.counting.bodiless import grouped, read_bodiless
from analytics.counting.isolation import Batch
from spark.rabbitmq_stream.connection import Message
from tillstream import topology
from tillstream.log.positions import known_as
from tillstream.log.reader import LogMessage, message_digest
from tillstream.runtime import process
from tillstream.stores import StoreTable

#: For the options `decoder`, which takes all `messages` of a task; `argument` makes its argument.
DECODER = "spark.receipts.decoding:decoder"
#: What comes of some messages of a partition that follow each other: the offsets by which the log's
#: readers know the first and the last one, the last one's digest, and `Decoded`, pickled.
PARTS = "first bigint, last bigint, digest binary, decoded binary"

#: The offset of each message, and the batches without the messages.
Decoded = tuple[list[int], list[Batch]]


def argument(stores: StoreTable) -> str:
    """For the option `decoderArgument`: the table itself, since its file may change meanwhile."""
    return base64.b64encode(zlib.compress(pickle.dumps(stores))).decode()


def decoder(text: str) -> Callable[[Iterable[list[Message]]], Iterator[pa.RecordBatch]]:
    """Decodes and sums by the table that `argument` was made of."""
    stores = _stores(text)

    def decode(groups: Iterable[list[Message]]) -> Iterator[pa.RecordBatch]:
        """A row of PARTS for some hundred to some ten thousand receipts."""
        process.calm_collector()
        for messages in grouped([_known(each) for each in group] for group in groups):
            decoded: Decoded = (
                [each.offset for each in messages],
                read_bodiless(messages, stores),
            )
            row = {
                "first": messages[0].offset,
                "last": messages[-1].offset,
                "digest": message_digest(messages[-1]),
                "decoded": pickle.dumps(decoded, pickle.HIGHEST_PROTOCOL),
            }
            yield pa.RecordBatch.from_pylist([row])

    return decode


def _known(message: Message) -> LogMessage:
    offset = known_as(topology.partition_number(message.stream), message.offset)
    return LogMessage(offset, message.body, message.content_type, message.content_encoding)


def unpacked(decoded: bytes) -> Decoded:
    """What an executor made; it is a process of ours, started by this one."""
    found: Decoded = pickle.loads(decoded)  # noqa: S301
    return found


@lru_cache(maxsize=1)
def _stores(text: str) -> StoreTable:
    # A process takes many tasks of one query.
    table: StoreTable = pickle.loads(zlib.decompress(base64.b64decode(text)))  # noqa: S301
    return table
