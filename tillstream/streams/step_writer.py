"""Writes the next steps of the order of the log of events, and reads them back."""

import time
from collections.abc import Mapping

import msgspec
import pika
from pika.adapters.blocking_connection import BlockingConnection

from tillstream import topology
from tillstream.log.continuity import LogReplacedError
from tillstream.log.order import Order, Step, decoder
from tillstream.log.reader import LogReader

#: How long a step may take to come back, seconds.
BACK_SECONDS = 10.0
_LOOK_SECONDS = 0.05
#: Where the order or a partition has lost what was counted.
MEND = "docs/runbooks/log-lost.md says what to do"

_PROPERTIES = pika.BasicProperties(content_type="application/json", delivery_mode=2)


class StepWriter:
    """For the one who counts, on its connection."""

    def __init__(self, connection: BlockingConnection, order: Order, counted_to: int) -> None:
        """`counted_to`: the position before which all is counted, which begins an order that has no
        steps. Raises LogReplacedError where the order ends before it.
        """
        self._channel = connection.channel()
        self._channel.confirm_delivery()
        start = "first" if order.newest is None else order.newest + 1
        self._reader = LogReader(connection, start, log=topology.EVENTS_ORDER)
        if (last := order.last()) is None:
            # What was counted so far was in the first partition, and nobody wrote it down.
            last = self._written(Step(counted_to, {0: counted_to}, {0: counted_to}), None)[-1]
        if last.end < counted_to and [*last.ends] == [0]:
            # A session that began before there were others has gone on with it.
            counted = {0: last.ends[0] + counted_to - last.end}
            last = self._written(last.followed_by(counted), last)[-1]
        if last.end < counted_to:
            raise LogReplacedError(
                f"the log of events was counted up to position {counted_to - 1}, but its order,"
                f" {topology.EVENTS_ORDER}, ends at {last.end - 1}; {MEND}"
            )
        #: The newest step.
        self.last = last

    def write(self, ends: Mapping[int, int]) -> list[Step]:
        """Let the next step end there; returns those that have come back, ours as the last one
        unless another one was before it.

        Raises pika's errors, and OSError where it does not come back.
        """
        found = self._written(self.last.followed_by(ends), self.last)
        self.last = found[-1]
        return found

    def _written(self, step: Step, before: Step | None) -> list[Step]:
        body = msgspec.json.encode(step)
        self._channel.basic_publish("", topology.EVENTS_ORDER, body, _PROPERTIES, mandatory=True)
        deadline = time.monotonic() + BACK_SECONDS
        found: list[Step] = []
        while time.monotonic() < deadline:
            for message in self._reader.read(_LOOK_SECONDS):
                back = decoder.decode(message.body)
                if before is None or back.follows(before):
                    found.append(back)
                    before = back
                if back == step:
                    self._reader.done()
                    return found
            self._reader.done()
        raise TimeoutError(f"{topology.EVENTS_ORDER} does not give back what was written to it")
