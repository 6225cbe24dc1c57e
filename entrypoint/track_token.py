"""The key of `POST /track`: the header X-Token, or a Bearer key as everywhere."""

from http import HTTPStatus

from starlette.types import Scope

from tillstream.http.asgi import header
from tillstream.http.problems import ProblemError

TRACK = "/track"


def authorization(scope: Scope) -> str | None:
    """The key of a request of any path, as the header Authorization has it."""
    token = header(scope, b"x-token") if scope["path"] == TRACK else None
    return header(scope, b"authorization") if token is None else f"Bearer {token}"


def unauthorized(add_key: str) -> ProblemError:
    """401: no token, or none that is a key."""
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "A token is needed and none that is valid was sent; send `X-Token: <key>` or"
        f" `Authorization: Bearer <key>`, with a key from `{add_key}`.",
        headers={"WWW-Authenticate": 'Bearer realm="tillstream"'},
    )
