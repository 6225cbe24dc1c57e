"""Where a stream begins and ends, found by bounded probes: the broker tells no such thing.

The message count of a passive declaration is stale; it is not used.
"""

import time

from pika.adapters.blocking_connection import BlockingConnection

from .connection import Consumer
from .errors import StreamSilentError

#: Silence after a message of the last chunk that is taken for the end, seconds.
SILENCE_SECONDS = 0.03
#: How long the first message may take to come, seconds: of a stream that has some, and of one
#: that may have none, which is asked again at the next trigger.
HAS_SOME_SECONDS, MAY_HAVE_NONE_SECONDS = 5.0, 0.1
#: How long one that may have none is waited for where nobody asks again.
ASKED_ONCE_SECONDS = 1.0
#: Longest probe of a tail that is written to without a pause, seconds.
PROBE_SECONDS = 1.0


def first_offset(
    connection: BlockingConnection, stream: str, patience_seconds: float = HAS_SOME_SECONDS
) -> int | None:
    """The oldest offset that the stream still has; None where none came in time."""
    consumer = Consumer(connection, stream, "first", prefetch=1)
    try:
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if messages := consumer.read(SILENCE_SECONDS):
                return messages[0].offset
        return None
    finally:
        consumer.close()


def last_offset(
    connection: BlockingConnection,
    stream: str,
    patience_seconds: float,
    silence_seconds: float = SILENCE_SECONDS,
) -> int | None:
    """The offset of a message at the stream's end; None where none came in time.

    What is published meanwhile may or may not be before it.
    """
    consumer = Consumer(connection, stream, "last")
    try:
        deadline = time.monotonic() + patience_seconds
        last = None
        while time.monotonic() < deadline:
            messages = consumer.read(silence_seconds)
            if messages:
                if last is None:
                    deadline = time.monotonic() + PROBE_SECONDS
                last = messages[-1].offset
                consumer.more()
            elif last is not None:
                break
        return last
    finally:
        consumer.close()


def sizes_within_bytes(
    connection: BlockingConnection, stream: str, start: int, tail: int, most_bytes: int
) -> list[tuple[int, int]]:
    """The messages of a batch that begins at `start` and has at most so many bytes of bodies, or
    one message: of each its offset and its bytes. `tail` is the offset of a message at or after
    `start`.

    Bodies are read for their sizes, and only those of the batch: a mean of some would be wrong by
    a factor of hundreds where a quiet night's messages are followed by a day's. A pause of the
    broker ends a batch early, which does no harm.
    """
    consumer = Consumer(connection, stream, start, prefetch=50)
    try:
        deadline = time.monotonic() + HAS_SOME_SECONDS
        total = 0
        sizes: list[tuple[int, int]] = []
        while time.monotonic() < deadline:
            for message in consumer.read(SILENCE_SECONDS):
                if message.offset < start:
                    continue
                total += len(message.body)
                # What is beyond the tail came meanwhile; the offset of the tail may be a hole.
                if message.offset > tail or (total > most_bytes and sizes):
                    return sizes or [(tail, 0)]
                sizes.append((message.offset, len(message.body)))
                if message.offset == tail or total >= most_bytes:
                    return sizes
                deadline = time.monotonic() + PROBE_SECONDS
            consumer.more()
        if not sizes:
            raise StreamSilentError(f"{stream} has offset {tail} and delivers nothing from {start}")
        return sizes
    finally:
        consumer.close()
