"""The door's connection to RabbitMQ: kept up with backoff, one confirmed publish at a time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

import aio_pika
import structlog
import tenacity
from aio_pika.exceptions import AMQPError

from entrypoint.broker_confirm import confirmed
from entrypoint.broker_connection import DoorConnection, takes_messages
from entrypoint.broker_topology import (
    declare,
    declare_deliveries,
    is_partitioned,
    prepare_log,
    require_topology,
)
from entrypoint.disk_watch import DiskWatch
from entrypoint.publish_channels import PublishChannels, Way
from tillstream.codec import JSON
from tillstream.errors import (
    BrokerAwayError,
    BrokerBlockedError,
    NotConfirmedError,
    TopologyDiffersError,
)
from tillstream.runtime.broker import HEARTBEAT_SECONDS, MAX_BACKOFF_SECONDS
from tillstream.runtime.outage import Outage
from tillstream.runtime.settings import redacted
from tillstream.topology import DELIVERIES, EVENTS, RECEIPTS, RECEIVERS, Queue, routing_key

if TYPE_CHECKING:
    from aio_pika.abc import HeadersType

    from tillstream.runtime.tracing.tracer import Tracer

log = structlog.get_logger()

#: Longest that one attempt to connect and declare may take, seconds.
CONNECT_TIMEOUT_SECONDS = 10
#: Longest that the partitions of a log that has several are prepared, seconds.
PREPARE_TIMEOUT_SECONDS = 60
#: How long a failed publish means "not ready" where no other follows, seconds.
FAILED_SECONDS = 5


class BrokerLink:
    """Holds one connection and its channels; `send` raises what went wrong."""

    def __init__(
        self,
        url: str,
        confirm_timeout_seconds: float,
        disk: DiskWatch,
        deliveries: Queue,
        partitions: int = 1,
        tracer: "Tracer | None" = None,
    ) -> None:
        """`deliveries`: their log as it is declared; `partitions`: so many that of the receipts
        and that of the events shall have.
        """
        self._deliveries = deliveries
        self._tracer = tracer
        self._url = url
        self._partitions = partitions
        self._ways = [
            *(
                Way(name, routing_key(number))
                for name in (RECEIPTS, EVENTS)
                for number in range(partitions)
            ),
            *(Way(name) for name in (DELIVERIES, RECEIVERS)),
        ]
        self._confirm_timeout = confirm_timeout_seconds
        self._disk = disk
        #: None while there is no connection.
        self._channels: PublishChannels | None = None
        #: When and why the last publish failed; None after one that was confirmed.
        self._failed: tuple[float, NotConfirmedError] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._outage = Outage()
        #: Why no attempt to connect can succeed, where that is known.
        self.obstacle: TopologyDiffersError | None = None

    async def require_ready(self) -> None:
        """Return when a receipt would be taken now; raises the NotConfirmedError that it would get.

        Whether exchanges and queues are there is asked of the broker, once at a time for all.
        """
        self._disk.require()
        if self._channels is None:
            raise BrokerAwayError
        connection = self._channels.connection
        if not await takes_messages(connection):
            raise BrokerBlockedError
        if self._failed is not None and monotonic() - self._failed[0] < FAILED_SECONDS:
            raise self._failed[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(require_topology(connection, self._partitions))
        await asyncio.shield(self._asking)

    def sender(
        self, exchange: str, *routing_keys: str
    ) -> Callable[[bytes, str, str | None], Awaitable[None]]:
        """`send` to one exchange, with each of the routing keys in turn."""
        keys = cycle(routing_keys or ("",))

        async def send(body: bytes, content_type: str, content_encoding: str | None) -> None:
            await self.send(exchange, body, content_type, content_encoding, next(keys))

        return send

    async def send(
        self,
        exchange: str,
        body: bytes,
        content_type: str,
        content_encoding: str | None,
        routing_key: str = "",
        headers: Mapping[str, str | int] | None = None,
    ) -> None:
        """Publish, persistent and mandatory; return at the broker's confirm.

        Raises a kind of NotConfirmedError.
        """
        self._disk.require()
        try:
            way = Way(exchange, routing_key)
            await self._send(way, body, content_type, content_encoding, headers)
        except NotConfirmedError as error:
            self._failed = monotonic(), error
            raise
        self._failed = None

    async def _send(
        self,
        way: Way,
        body: bytes,
        content_type: str,
        content_encoding: str | None,
        given: Mapping[str, str | int] | None,
    ) -> None:
        headers: HeadersType | None = None if given is None else {**given}
        if self._tracer is not None:
            headers = {**(given or {}), **(self._tracer.message_headers() or {})}
        message = aio_pika.Message(
            body,
            headers=headers,
            content_type=content_type,
            content_encoding=content_encoding,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await self._publish(way, message)

    async def tell(self, name: str, body: bytes) -> None:
        """Publish a snapshot to whoever hears it. Raises a kind of NotConfirmedError."""
        await self._publish(Way(name), aio_pika.Message(body, content_type=JSON), mandatory=False)

    async def _publish(
        self, way: Way, message: aio_pika.Message, *, mandatory: bool = True
    ) -> None:
        channels = self._channels
        if channels is None:
            raise BrokerAwayError(str(self.obstacle or ""))
        # A blocked connection would keep the message in our memory and send it later.
        if not await takes_messages(channels.connection):
            raise BrokerBlockedError
        exchange = channels.exchange(way)
        if exchange is None:
            raise BrokerAwayError("a channel is being opened")
        try:
            await confirmed(
                exchange, message, way.routing_key, self._confirm_timeout, mandatory=mandatory
            )
        except NotConfirmedError:
            channels.give_up(way, exchange)
            raise

    async def keep_connected(self) -> None:
        """Connect, and again after each loss, with backoff and jitter, until cancelled."""
        while True:
            channels = self._channels = await self._connect_with_backoff()
            try:
                log.info("connected", broker=redacted(self._url), **self._outage.over())
                await channels.keep_open()
                self._outage.failed()
                log.warning("broker away, connecting again", reason=repr(channels.lost_by))
            finally:
                self._channels = None
                with contextlib.suppress(AMQPError, OSError, TimeoutError):
                    await asyncio.wait_for(channels.connection.close(), CONNECT_TIMEOUT_SECONDS)

    async def _connect_with_backoff(self) -> PublishChannels:
        async for attempt in tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(
                (AMQPError, OSError, TimeoutError, TopologyDiffersError)
            ),
            wait=tenacity.wait_random_exponential(0.2, max=MAX_BACKOFF_SECONDS),
            before_sleep=self._report,
        ):
            with attempt:
                return await self._connect()
        raise AssertionError("the loop above ends by returning")

    async def _connect(self) -> PublishChannels:
        connection = await aio_pika.connect(
            self._url,
            timeout=CONNECT_TIMEOUT_SECONDS,
            heartbeat=HEARTBEAT_SECONDS,
            client_properties={"connection_name": "entrypoint"},
            connection_class=DoorConnection,
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                in_partitions = self._partitions > 1 or await is_partitioned(connection)
                await declare(connection, binds_log=not in_partitions)
                await declare_deliveries(connection, self._deliveries)
            if in_partitions:
                async with asyncio.timeout(PREPARE_TIMEOUT_SECONDS):
                    await asyncio.to_thread(prepare_log, self._url, self._partitions)
            channels = PublishChannels(connection, self._ways)
            async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
                await channels.open()
        except BaseException as error:
            self.obstacle = error if isinstance(error, TopologyDiffersError) else None
            await connection.close()
            raise
        self.obstacle = None
        return channels

    def _report(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        fields = self._outage.failed()
        if isinstance(error, TopologyDiffersError):
            log.error("no receipt can be taken", reason=str(error))
        elif fields is not None:
            log.warning("broker away, trying again", error=repr(error), **fields)
