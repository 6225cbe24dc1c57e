"""Every request has an id, and what Starlette refuses is answered with a problem document."""

import itertools
import re
import secrets
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from tillstream.http import problems
from tillstream.http.asgi import Reply, header, problem_reply
from tillstream.http.problems import ProblemError

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Names requests; unlike those of any other process."""

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    def of(self, scope: Scope) -> str:
        """The client's own id where it is a plain one, else ours."""
        given = header(scope, b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given
        return self.fresh()

    def fresh(self) -> str:
        """An id of ours."""
        return f"{self._prefix}-{next(self._numbers):x}"


async def http_error(request: Request, error: Exception) -> Response:
    """Starlette's own refusals, as problem documents."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = sorted((error.headers or {}).get("Allow", "").split(", "))
        problem = problems.wrong_method(request.method, allowed)
    elif error.status_code == HTTPStatus.NOT_FOUND:
        problem = problems.not_found(request.url.path)
    else:
        problem = ProblemError(HTTPStatus(error.status_code), "http-error", error.detail)
    return problem_response(request, problem)


def problem_response(request: Request, problem: ProblemError) -> Response:
    """A problem document; the request's id is in its scope."""
    return response(problem_reply(problem, request.scope["request_id"]))


def response(reply: Reply) -> Response:
    """The reply as Starlette's own."""
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    return Response(reply.body, reply.status, headers)
