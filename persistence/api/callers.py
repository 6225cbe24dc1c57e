"""Who asks: what every path that is not public looks at first."""

from urllib.parse import unquote, unquote_to_bytes

from fastapi import Request

from persistence.api.parameters import SHOWN_CHARACTERS
from persistence.api.problems import Fault, invalid_parameters
from tillstream.http.keys import ANYONE, Keys
from tillstream.http.problems import too_fast


class Callers:
    """The keys of those who may ask; None lets anybody."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    async def remember(self, request: Request) -> None:
        """Who asks, as `request.state.caller`; raises ProblemError, also for what is no text."""
        request.state.caller = ANYONE
        if self._keys is None:
            _require_text(request)
            return
        caller = self._keys.authenticate(request.headers.get("authorization"))
        caller.demand("ask")
        if seconds := caller.wait_before(1):
            raise too_fast(seconds)
        request.state.caller = caller
        _require_text(request)


def _require_text(request: Request) -> None:
    """Starlette reads bytes that are no UTF-8 as U+FFFD: another store, of which there is none."""
    for pair in request.scope["query_string"].split(b"&"):
        name, _, value = pair.partition(b"=")
        try:
            unquote_to_bytes(name + value).decode()
        except UnicodeDecodeError:
            shown = unquote(name.decode("latin-1"))[:SHOWN_CHARACTERS]
            fault = Fault(shown, "is not UTF-8, percent-encoded")
            raise invalid_parameters([fault]) from None
