"""The door as an ASGI application, wired; whole requests come to it without ASGI."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from time import perf_counter

import structlog
from starlette.applications import Starlette
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Scope

from entrypoint.body_work import BodyWork
from entrypoint.broker_link import BrokerLink
from entrypoint.direct_protocol import Answer as DirectAnswer
from entrypoint.disk_watch import DiskWatch
from entrypoint.endpoints import RECEIPT, RECEIPTS, Answer, Endpoints
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
from entrypoint.problems import not_confirmed
from entrypoint.publish_queue import InFlight
from entrypoint.publisher import Pace, Publisher
from entrypoint.receipt_check import ReceiptCheck
from entrypoint.receipt_parcel import ReceiptParcel, compose
from entrypoint.settings import EntrypointSettings
from tillstream import stores, topology
from tillstream.accepted_count import AcceptedCount, folder_of
from tillstream.clock import Clock
from tillstream.errors import NotConfirmedError
from tillstream.http.access_log import AccessLog
from tillstream.http.asgi import Reply, problem_reply
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import Caller, Keys, key_file
from tillstream.http.middleware import RequestMiddleware, exception_handlers
from tillstream.http.problems import ProblemError, unexpected
from tillstream.runtime.disk import FreeSpace
from tillstream.runtime.settings import WatchSettings
from tillstream.runtime.watching.watched import Watched
from tillstream.streams.builtin import QUARANTINE
from tillstream.streams.definition import Definitions

log = structlog.get_logger()

#: Takes a whole request: scope, body, caller, and whom to give the outcome.
Submit = Callable[[Scope, bytes, Caller, Answer], None]

#: Longest wait for receipts in flight when the door closes, seconds.
DRAIN_SECONDS = 10


def build(
    settings: EntrypointSettings,
    definitions: Definitions,
    clock: Clock,
    watch: WatchSettings | None = None,
) -> ASGIApp:
    """The door, not yet connected: it connects in its lifespan, and is watched on `watch` too."""
    watched = Watched("entrypoint")
    metrics = Metrics(watched.registry)
    disk = DiskWatch(FreeSpace(settings.data_dir, settings.min_free_disk_bytes))
    link = BrokerLink(
        settings.amqp_url, settings.confirm_timeout_seconds, disk, settings.log_partitions
    )
    accepted_count = AcceptedCount(folder_of(settings.data_dir), f"{int(clock())}-{os.getpid()}")

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
            )
            for number in range(settings.log_partitions)
        ]
    )
    access_log = AccessLog("entrypoint", settings.access_log, clock, log_format=settings.log_format)
    buffered = ByteBudget(settings.max_buffered_bytes)
    work = BodyWork(buffered)
    endpoints = Endpoints(
        settings,
        ReceiptCheck(settings, stores.load(settings)),
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
        link.sender(topology.EVENTS), contracts, events_in_flight, pace, metrics.events_accepted
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

    door_pages = Pages(link, watched, streams)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(link.keep_connected())]
        tasks.append(asyncio.create_task(disk.keep_looking()))
        if watch is not None:
            tasks.append(asyncio.create_task(door_pages.keep_looking()))
        try:
            with watched.served(watch or WatchSettings()):
                yield
        finally:
            await asyncio.gather(
                publisher.close(DRAIN_SECONDS), event_publishers.close(DRAIN_SECONDS)
            )
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            access_log.close()
            accepted_count.close()

    posts = [Route(path, endpoints.post, methods=["POST"]) for path in (RECEIPT, RECEIPTS)]
    # With a slash at its end a path of receipts is not found, rather than redirected.
    posts += [Route(f"{path}/", Router(redirect_slashes=False)) for path in (RECEIPT, RECEIPTS)]
    application = Starlette(
        routes=[
            *posts,
            *event_endpoints.routes(),
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
    return Door(application, endpoints.admit, submits, max_bytes, buffered, metrics, access_log)


class Door(RequestMiddleware):
    """Every request by ASGI, and whole ones past it; those that were refused are counted."""

    def __init__(
        self,
        application: ASGIApp,
        admit: Callable[[Scope], Caller],
        submits: Mapping[str, Submit],
        max_bytes: Mapping[bytes, int],
        buffered: ByteBudget,
        metrics: Metrics,
        access_log: AccessLog,
    ) -> None:
        """`submits`, `max_bytes`: the targets of requests that may come whole, who takes them, and
        their largest bodies.
        """
        super().__init__(application, access_log)
        self._submits = submits
        self.admit = admit
        self.direct_bytes = max_bytes
        #: What the bodies of all clients may hold.
        self.buffered = buffered
        self._metrics = metrics

    def handle(self, scope: Scope, body: bytes, caller: Caller, answer: DirectAnswer) -> None:
        """A whole request; answered when its outcome is known."""
        started = perf_counter()
        request_id = self.request_ids.of(scope)

        def finish(outcome: Reply | Exception) -> None:
            if isinstance(outcome, Exception):
                problem = problem_of(outcome)
                if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                    log.error("request failed", request_id=request_id, exc_info=outcome)
                outcome = problem_reply(problem, request_id)
            answer(outcome, request_id)
            self.answered(scope, request_id, outcome.status, started)

        self._submits[scope["path"]](scope, body, caller, finish)

    def refused(self, status: int) -> None:
        """A request was answered with an error, perhaps before it came here."""
        self._metrics.refused(status)


def problem_of(error: Exception) -> ProblemError:
    """What a request is answered that ended with this error."""
    match error:
        case ProblemError():
            return error
        case NotConfirmedError():
            return not_confirmed(error)
        case _:
            return unexpected(" Nothing was accepted.")
