"""Every request, through ASGI or past it: its id, its line in the log, its trace, its answer."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from entrypoint.direct_protocol import Answer as DirectAnswer
from entrypoint.endpoints import Answer
from entrypoint.metrics import Metrics
from entrypoint.problems import not_confirmed
from tillstream.errors import NotConfirmedError
from tillstream.http.access_log import AccessLog
from tillstream.http.asgi import Reply, problem_reply
from tillstream.http.budgets import ByteBudget
from tillstream.http.keys import Caller
from tillstream.http.middleware import RequestMiddleware
from tillstream.http.problems import ProblemError, unexpected

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

log = structlog.get_logger()

#: Takes a whole request: scope, body, caller, and whom to give the outcome.
Submit = Callable[[Scope, bytes, Caller, Answer], None]


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
        tracer: "Tracer | None",
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
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's lifespan."""
        if self._tracer is None or scope.get("method") != "POST":
            await super().__call__(scope, receive, send)
            return
        with self._tracer.received(scope).at_work():
            await super().__call__(scope, receive, send)

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

        submit = self._submits[scope["path"]]
        if self._tracer is None:
            submit(scope, body, caller, finish)
            return
        trace = self._tracer.received(scope)

        def finish_traced(outcome: Reply | Exception) -> None:
            with trace.at_work():
                finish(outcome)

        with trace.at_work():
            submit(scope, body, caller, finish_traced)

    def answered(self, scope: Scope, request_id: str, status: int, started: float) -> None:
        """A request that began at `started`, by perf_counter, was answered."""
        super().answered(scope, request_id, status, started)
        if self._tracer is not None:
            self._tracer.answered(status)

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
