"""One question to a vendor's API: a GET with a timeout and a bound, and no redirect followed."""

import http.client
import urllib.error
import urllib.request
from typing import Any

from connectors.mapping.documents import Fetch
from tillstream.errors import TillstreamError

#: Bytes of an answer.
MOST_BYTES = 16 * 1024 * 1024
#: Answers that another attempt may mend: too slow, too early, too many, and their servers' faults.
_TRANSIENT = {408, 425, 429}


class UnansweredError(TillstreamError):
    """No answer now; another attempt may get one."""


class RefusedError(TillstreamError):
    """An answer that no attempt mends."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token is for the one that the definition names."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect())


def ask(fetch: Fetch, timeout_seconds: float) -> bytes:
    """The body of the answer; raises UnansweredError or RefusedError."""
    if not fetch.url.startswith(("https://", "http://")):
        raise RefusedError(f"{fetch.url} is no URL of HTTP")
    try:
        request = urllib.request.Request(fetch.url, headers=dict(fetch.headers))  # noqa: S310 - checked
        with _opener.open(request, timeout=timeout_seconds) as answer:
            body: bytes = answer.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            said = f"{fetch.url} answers {error.code} {error.reason}"
        if error.code >= 500 or error.code in _TRANSIENT:
            raise UnansweredError(said) from error
        raise RefusedError(said) from error
    except (OSError, http.client.HTTPException) as error:
        raise UnansweredError(f"{fetch.url} does not answer: {error}") from error
    except ValueError as error:
        raise RefusedError(f"{fetch.url} cannot be asked: {error}") from error
    if len(body) > MOST_BYTES:
        raise RefusedError(f"{fetch.url} answers with more than {MOST_BYTES:,} bytes")
    return body
