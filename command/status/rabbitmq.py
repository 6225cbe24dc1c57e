"""What RabbitMQ answers: depths of queues, and the snapshots that the workers publish."""

import contextlib
import time
from collections.abc import Mapping
from typing import TypeVar

import msgspec
import pika.exceptions

from command.status.asking import NoAnswerError, brief
from command.status.findings import FiguresFound, QueuesFound
from tillstream import topology
from tillstream.currencies import CURRENCY
from tillstream.receipt import Wire
from tillstream.runtime import broker
from tillstream.runtime.settings import redacted
from tillstream.snapshots import CountSnapshot, DelaySnapshot, RateSnapshot

S = TypeVar("S", bound=Wire)

#: The workers publish every 500 ms: a healthy system has been heard by then.
LISTEN_SECONDS = 1.2
HEARD = (topology.COUNT, topology.METRICS_STORM, topology.METRICS_DB)


def broker_figures(amqp_url: str, currency: str = CURRENCY) -> tuple[QueuesFound, FiguresFound]:
    """Depths of the queues, and the newest figures of the workers; raises NoAnswerError.

    The day's are of `currency`.
    """
    try:
        connection = broker.connect(amqp_url, "tillstream status")
    except (pika.exceptions.AMQPError, OSError) as error:
        raise NoAnswerError(f"{redacted(amqp_url)} does not answer: {brief(error)}") from error
    try:
        channel = connection.channel()
        depths = {
            name: channel.queue_declare(name, passive=True).method.message_count
            for name in (topology.PERSISTENCE_QUEUE, topology.DEAD_LETTERS)
        }
        bodies: dict[str, bytes] = {}
        queue = channel.queue_declare("", exclusive=True).method.queue
        for exchange in HEARD:
            channel.queue_bind(queue, exchange)
        until = time.monotonic() + LISTEN_SECONDS
        while len(bodies) < len(HEARD) and time.monotonic() < until:
            method, _, body = channel.basic_get(queue, auto_ack=True)
            if method is None:
                connection.process_data_events(time_limit=0.05)
            else:
                count = _decoded(body, CountSnapshot) if method.exchange == topology.COUNT else None
                if count is None or count.currency == currency:
                    bodies[method.exchange] = body
    except (pika.exceptions.AMQPError, OSError) as error:
        raise NoAnswerError(f"RabbitMQ: {brief(error)}") from error
    finally:
        with contextlib.suppress(pika.exceptions.AMQPError, OSError):
            connection.close()
    queues = QueuesFound(depths[topology.PERSISTENCE_QUEUE], depths[topology.DEAD_LETTERS])
    return queues, figures(bodies)


def figures(bodies: Mapping[str, bytes]) -> FiguresFound:
    """The figures of the newest body of each exchange; what was not heard is None."""
    count = _decoded(bodies.get(topology.COUNT), CountSnapshot)
    rate = _decoded(bodies.get(topology.METRICS_STORM), RateSnapshot)
    delay = _decoded(bodies.get(topology.METRICS_DB), DelaySnapshot)
    offsets = [
        each.log_offset
        for each in (count, rate)
        if each is not None and each.log_offset is not None
    ]
    return FiguresFound(
        day=count.day if count else None,
        receipts_of_the_day=count.count if count else None,
        sum_minor=count.sum_minor if count else None,
        receipts_per_minute=rate.average_per_minute if rate else None,
        counted_after_ms=rate.average_ms_system if rate else None,
        stored_after_seconds=(
            delay.network_percentiles.p99 if delay and delay.network_percentiles else None
        ),
        log_offset=max(offsets, default=None),
        next_offset=count.next_offset if count else None,
        storing_behind_seconds=(
            round(delay.as_of - delay.waiting_since, 3) if delay and delay.waiting_since else None
        ),
    )


def _decoded(body: bytes | None, kind: type[S]) -> S | None:
    if body is None:
        return None
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(body, type=kind)
    return None
