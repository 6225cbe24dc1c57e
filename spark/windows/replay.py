"""What the driver reads by itself of a log in partitions, before a query of Spark's begins."""

from collections.abc import Callable
from contextlib import ExitStack, suppress

from pika.exceptions import AMQPError

from events.log_source import PREFETCH
from tillstream.log.reader import LogMessage
from tillstream.runtime import broker
from tillstream.streams.ordered_reader import OrderedReader


class Replay:
    """Steps that were written before, and what of the partitions is further behind than others: in
    an order that a micro-batch does not have. On a connection of its own, since a consumer of a
    stream ends with its connection.
    """

    def __init__(self, url: str, position: int | None, counted_to: int) -> None:
        """As OrderedReader."""
        self._stack = ExitStack()
        connection = broker.connect(url, "events replay")
        self._stack.callback(_close, connection.close)
        try:
            self._reader = OrderedReader(connection, url, position, counted_to, PREFETCH)
        except BaseException:
            self._stack.close()
            raise

    @property
    def is_over(self) -> bool:
        """Whether a query may begin behind the last step."""
        return self._reader.is_level

    def gather(
        self, patience_seconds: float, more_seconds: Callable[[], float]
    ) -> list[LogMessage]:
        """As LogReader; the messages have positions."""
        return self._reader.gather(patience_seconds, more_seconds)

    def done(self) -> None:
        """As LogReader."""
        self._reader.done()

    def close(self) -> None:
        """End its connection."""
        self._stack.close()


def _close(close: Callable[[], None]) -> None:
    # The broker may close it first, see LogReader.
    with suppress(AMQPError):
        close()
