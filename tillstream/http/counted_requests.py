"""The middleware of a service whose requests are counted: rate, errors, durations."""

from time import perf_counter

from prometheus_client import CollectorRegistry, Counter
from starlette.types import ASGIApp, Scope

from tillstream.http.access_log import AccessLog
from tillstream.http.middleware import RequestMiddleware
from tillstream.runtime.watching.figures import Batches


class CountedRequests(RequestMiddleware):
    """Counts each request by its status, and how long it took. Paths are no label."""

    def __init__(
        self, application: ASGIApp, access_log: AccessLog, registry: CollectorRegistry
    ) -> None:
        super().__init__(application, access_log)
        self._requests = Counter(
            "tillstream_requests", "Requests answered, by status", ["status"], registry=registry
        )
        self._seconds = Batches(
            "tillstream_request_seconds", "From a request's head to its answer's end", registry
        )

    def answered(self, scope: Scope, request_id: str, status: int, started: float) -> None:
        """A request that began at `started`, by perf_counter, was answered."""
        seconds = perf_counter() - started
        self._requests.labels(status).inc()
        self._seconds.add_ordered((seconds,), seconds)
        super().answered(scope, request_id, status, started)
