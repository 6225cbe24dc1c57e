"""What both services put around their application: request ids, access log, error answers."""

from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tillstream.http.access_log import AccessLog
from tillstream.http.problems import ProblemError
from tillstream.http.requests import RequestIds, http_error, problem_response

log = structlog.get_logger()

#: Where a scope has what the access log tells of the request besides.
LOG_FIELDS = "tillstream.log_fields"
# Looked up once: a member of an Enum is a property, at each request.
_LEAST_REFUSED = HTTPStatus.BAD_REQUEST.value


class RequestMiddleware:
    """Every request has an id, and a line in the access log; no failure goes without an answer."""

    def __init__(self, application: ASGIApp, access_log: AccessLog) -> None:
        self._application = application
        self._access_log = access_log
        self.request_ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's lifespan."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        started = perf_counter()
        request_id = scope["request_id"] = self.request_ids.of(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._application(scope, receive, send_with_id)
        except Exception as error:
            # Starlette has answered, unless a file was on its way: then uvicorn closes the
            # connection before the file's end, and no client takes the part for the whole.
            log.error("request failed", request_id=request_id, exc_info=error)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        self.answered(scope, request_id, status, started)

    def answered(self, scope: Scope, request_id: str, status: int, started: float) -> None:
        """A request that began at `started`, by perf_counter, was answered."""
        if status >= _LEAST_REFUSED:
            self.refused(status)
        self._access_log.note(
            request_id,
            scope["method"],
            scope["path"],
            status,
            perf_counter() - started,
            scope.get(LOG_FIELDS, {}),
        )

    def refused(self, status: int) -> None:
        """A request was answered with an error; for those who count them."""


def exception_handlers(
    problem_of: Callable[[Exception], ProblemError], *errors: type[Exception]
) -> dict[Any, Callable[[Request, Exception], Any]]:
    """Starlette's handlers: its own refusals, and each of `errors`, as problem documents."""

    async def handle(request: Request, error: Exception) -> Response:
        return problem_response(request, problem_of(error))

    return {HTTPException: http_error} | dict.fromkeys(errors, handle)
