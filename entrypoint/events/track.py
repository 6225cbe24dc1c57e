"""`POST /track`: one event of a web page, with the header X-Token or a Bearer key."""

from http import HTTPStatus

from starlette.types import Scope

from tillstream.http.asgi import Reply, header, json_reply
from tillstream.http.problems import ProblemError

TRACK = "/track"
#: The stream that its events are of.
STREAM = "track"

#: 201: what its clients know as the answer to something that was created.
CREATED: Reply = json_reply(201, {"detail": "Event created"})


def authorization(scope: Scope) -> str | None:
    """The key of a request, as the header Authorization has it."""
    token = header(scope, b"x-token")
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
