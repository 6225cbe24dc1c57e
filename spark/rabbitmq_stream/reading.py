"""Reads the messages of a span of offsets: each once, the same ones each time, or not at all."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pika.adapters.blocking_connection import BlockingConnection
from pyspark.sql.datasource import InputPartition

from .connection import BROKER_ERRORS, Consumer, Message, Retry, connected
from .ends import first_offset
from .errors import DataLossError, StreamSilentError
from .options import Options

log = logging.getLogger(__name__)

#: Between two looks at the clock, seconds.
PATIENCE_SECONDS = 0.1
#: Silence after which a broker that counts messages from before the span is asked for more.
MORE_SECONDS = 1.0


@dataclass(frozen=True)
class Span(InputPartition):
    """The messages of a stream with an offset in [start, end): one task.

    Neither need be the offset of a message; what stands at or after `end - 1` has been seen.
    """

    stream: str
    start: int
    end: int
    #: Whether the stream was read before: then `start` itself must not be gone.
    is_continued: bool


def read_span(options: Options, span: Span) -> Iterator[list[Message]]:
    """The messages of a span, in their order.

    A lost connection is made anew and goes on behind what was read, for `retrySeconds` without a
    message in between. Raises DataLossError, StreamSilentError and BrokerLostError.
    """
    reading = _Reading(options, span)
    retry = Retry(options.retry_seconds)
    while reading.at < span.end:
        try:
            with connected(options.url) as connection:
                for messages in reading.messages(connection):
                    yield messages
                    retry.progressed()
        except BROKER_ERRORS as error:
            retry.wait(error)


class _Reading:
    def __init__(self, options: Options, span: Span) -> None:
        self._options, self._span = options, span
        #: The offset to go on from.
        self.at = span.start

    def messages(self, connection: BlockingConnection) -> Iterator[list[Message]]:
        span = self._span
        consumer = Consumer(connection, span.stream, self.at)
        heard = time.monotonic()
        first = True
        while self.at < span.end:
            messages = consumer.read(PATIENCE_SECONDS)
            if not messages:
                self._bear(time.monotonic() - heard, consumer)
                continue
            if first and messages[0].offset > self.at:
                self._require_whole(connection, messages[0].offset)
            first = False
            wanted = [one for one in messages if self.at <= one.offset < span.end]
            # Before `at` moves on: a connection that is lost here brings all of them again.
            consumer.more()
            # The next one wanted, or the end, which may be no message's offset.
            self.at = max(self.at, messages[-1].offset + 1)
            if wanted:
                yield wanted
            # Spark may have kept us waiting.
            heard = time.monotonic()

    def _bear(self, silent_seconds: float, consumer: Consumer) -> None:
        if silent_seconds > self._options.silence_seconds:
            raise StreamSilentError(
                f"{self._span.stream} fell silent at offset {self.at}, before {self._span.end}"
            )
        if silent_seconds > MORE_SECONDS:
            consumer.more()

    def _require_whole(self, connection: BlockingConnection, found: int) -> None:
        # The broker does not tell: asked for an offset that is gone, it starts at a later one. But
        # there are offsets that never were, too.
        oldest = first_offset(connection, self._span.stream)
        if oldest is not None and oldest <= self.at:
            return
        if self.at == self._span.start and not self._span.is_continued:
            return
        lost = (
            f"{self._span.stream} begins at offset {found if oldest is None else oldest}: what was"
            f" from {self.at} on is gone from it"
        )
        if self._options.fail_on_data_loss:
            raise DataLossError(lost)
        log.error("data lost: %s", lost)
