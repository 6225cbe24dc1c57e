"""Who asks: what every path that is not public looks at first."""

from fastapi import Request

from persistence.api.parameters import SHOWN_CHARACTERS
from persistence.api.problems import Fault, invalid_parameters
from tillstream.http.keys import ANYONE, Keys
from tillstream.http.problems import too_fast
from tillstream.http.query_text import NOT_TEXT, not_text


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
    if (name := not_text(request.scope["query_string"])) is not None:
        raise invalid_parameters([Fault(name[:SHOWN_CHARACTERS], NOT_TEXT)])
