"""The answer to HEAD of what is made while it is sent."""

from collections.abc import Mapping

from starlette.responses import Response


def head(media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """The headers that GET would send; no length, since none is known before the body is made."""
    answer = Response(headers=headers, media_type=media_type)
    # Starlette would say 0: that of an empty file.
    del answer.headers["content-length"]
    return answer
