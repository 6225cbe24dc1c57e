"""The door as an ASGI application, wired; whole requests come to it without ASGI."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Scope

from entrypoint.body_work import BodyWork
from entrypoint.broker_link import BrokerLink
from entrypoint.disk_watch import DiskWatch
from entrypoint.door import Door, Submit, problem_of
from entrypoint.endpoints import RECEIPT, RECEIPTS, Endpoints
from entrypoint.events.contract import Contract
from entrypoint.events.endpoints import EventEndpoints
from entrypoint.events.publishing import EventPublishers
from entrypoint.events.schemas import SchemaPages
from entrypoint.events.taking import Taking
from entrypoint.idempotency import IdempotentPublisher
from entrypoint.keys_command import ADD_KEY
from entrypoint.metrics import Metrics
from entrypoint.pages import Pages
from entrypoint.partitioned_publisher import partitioned
from entrypoint.publish_pace import Pace
from entrypoint.publish_queue import InFlight
from entrypoint.publisher import Publisher
from entrypoint.receipt_check import ReceiptCheck
from entrypoint.receipt_parcel import ReceiptParcel, compose
from entrypoint.receivers.endpoints import ReceiverEndpoints
from entrypoint.receivers.publishing import DeliveryPublisher, send_delivery
from entrypoint.receivers.set_up import SetUp
from entrypoint.receivers.telling import keep_telling
from entrypoint.settings import DRAIN_SECONDS, EntrypointSettings
from tillstream import stores, topology
from tillstream.accepted_count import AcceptedCount, folder_of
from tillstream.clock import Clock
from tillstream.errors import NotConfirmedError
from tillstream.http.access_log import AccessLog
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import Caller, Keys, key_file
from tillstream.http.middleware import exception_handlers
from tillstream.http.problems import ProblemError
from tillstream.runtime import essential
from tillstream.runtime.disk import FreeSpace
from tillstream.runtime.settings import WatchSettings
from tillstream.runtime.watching.watched import Watched
from tillstream.streams.builtin import QUARANTINE
from tillstream.streams.definition import Definitions

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

log = structlog.get_logger()


def build(
    settings: EntrypointSettings,
    definitions: Definitions,
    receivers: SetUp,
    clock: Clock,
    watch: WatchSettings | None = None,
    tracer: "Tracer | None" = None,
) -> ASGIApp:
    """The door, not yet connected: it connects in its lifespan, and is watched on `watch` too.

    The tracer is closed there.
    """
    watched = Watched("entrypoint")
    metrics = Metrics(watched.registry)
    disk = DiskWatch(FreeSpace(settings.data_dir, settings.min_free_disk_bytes))
    link = BrokerLink(
        settings.amqp_url,
        settings.confirm_timeout_seconds,
        disk,
        settings.deliveries_queue(),
        settings.log_partitions,
        tracer,
    )
    process = f"{int(clock())}-{os.getpid()}"
    accepted_count = AcceptedCount(folder_of(settings.data_dir), process)

    def count(parcels: Sequence[ReceiptParcel]) -> None:
        accepted = [sale for parcel in parcels for sale in parcel.sales]
        accepted_count.add(accepted)
        metrics.accepted(len(accepted))

    pace = Pace(settings.confirm_timeout_seconds, settings.publish_pace_ms / 1000)
    receipts_in_flight = InFlight(settings.max_receipts_in_flight, settings.max_bytes_in_flight)
    events_in_flight = InFlight(settings.max_events_in_flight, settings.max_bytes_in_flight)
    metrics.watch(
        settings.data_dir, lambda: receipts_in_flight.items, lambda: events_in_flight.items
    )
    publisher = partitioned(
        [
            Publisher(
                link.sender(topology.RECEIPTS, topology.routing_key(number)),
                compose,
                count,
                receipts_in_flight,
                pace,
                metrics.confirmed,
                tracer,
            )
            for number in range(settings.log_partitions)
        ]
    )
    access_log = AccessLog(
        "entrypoint",
        settings.access_log,
        clock,
        log_format=settings.log_format,
        also=None if tracer is None else structlog.contextvars.get_contextvars,
    )
    buffered = ByteBudget(settings.max_buffered_bytes)
    work = BodyWork(buffered)
    endpoints = Endpoints(
        settings,
        ReceiptCheck(settings, stores.load(settings), tracer),
        IdempotentPublisher(publisher, settings.remembered_receipts, metrics.marked),
        Keys(
            key_file(settings.data_dir),
            settings.rate_limit_per_key,
            clock,
            ADD_KEY,
            settings.rate_limit_events_per_key,
        ),
        clock,
        work,
    )
    contracts = {name: Contract(stream) for name, stream in definitions.events.items()}
    event_publishers = EventPublishers(
        link.sender(topology.EVENTS, *map(topology.routing_key, range(settings.log_partitions))),
        contracts,
        events_in_flight,
        pace,
        metrics.events_accepted,
        tracer,
    )
    taken = {n: found for n, found in contracts.items() if found.stream.source == "senders"}
    streams = {name: contract.stream for name, contract in taken.items()}
    event_endpoints = EventEndpoints(
        taken,
        Taking(
            settings, contracts[QUARANTINE], event_publishers, work, metrics.events_refused, clock
        ),
        event_publishers,
        endpoints.admit,
        settings.max_batch_bytes,
    )

    delivery_publisher = DeliveryPublisher(
        partial(send_delivery, link), metrics.delivery_accepted, tracer
    )
    receiver_endpoints = ReceiverEndpoints(
        receivers,
        delivery_publisher,
        # Turns of their own: a large body of anybody does not keep a batch waiting.
        BodyWork(buffered),
        metrics,
        clock,
        settings.max_delivery_bytes,
    )

    door_pages = Pages(link, watched, streams, receivers.receivers)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [
            essential.start_task("broker", link.keep_connected),
            essential.start_task("disk", disk.keep_looking),
        ]
        publish = partial(link.tell, topology.RECEIVERS)
        telling = partial(keep_telling, publish, metrics.deliveries_refused, process, clock)
        tasks.append(essential.start_task("receivers", telling))
        if watch is not None:
            tasks.append(essential.start_task("pages", door_pages.keep_looking))
        try:
            with watched.served(watch or WatchSettings()):
                yield
        finally:
            await asyncio.gather(
                publisher.close(DRAIN_SECONDS),
                event_publishers.close(DRAIN_SECONDS),
                delivery_publisher.close(DRAIN_SECONDS),
            )
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            access_log.close()
            accepted_count.close()
            if tracer is not None:
                await asyncio.to_thread(tracer.close)

    posts = [Route(path, endpoints.post, methods=["POST"]) for path in (RECEIPT, RECEIPTS)]
    # With a slash at its end a path of receipts is not found, rather than redirected.
    posts += [Route(f"{path}/", Router(redirect_slashes=False)) for path in (RECEIPT, RECEIPTS)]
    application = Starlette(
        routes=[
            *posts,
            *event_endpoints.routes(),
            *receiver_endpoints.routes(),
            *SchemaPages(streams).routes(),
            *door_pages.routes(),
        ],
        exception_handlers=exception_handlers(
            problem_of, ProblemError, NotConfirmedError, Exception
        ),
        lifespan=lifespan,
    )
    max_bytes = {
        RECEIPT.encode(): settings.max_receipt_bytes,
        RECEIPTS.encode(): settings.max_batch_bytes,
    }
    submits: dict[str, Submit] = dict.fromkeys((RECEIPT, RECEIPTS), endpoints.submit)
    for path in event_endpoints.paths:
        max_bytes[path.encode()] = settings.max_batch_bytes
        submits[path] = event_endpoints.submit
    for path in receiver_endpoints.paths:
        max_bytes[path.encode()] = settings.max_delivery_bytes
        submits[path] = receiver_endpoints.submit

    def admit(scope: Scope) -> Caller:
        if scope["path"] in receiver_endpoints.paths:
            return receiver_endpoints.admit(scope)
        return endpoints.admit(scope)

    return Door(application, admit, submits, max_bytes, buffered, metrics, access_log, tracer)
