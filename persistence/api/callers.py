"""Who asks: what every path that is not public looks at first."""

from fastapi import Request

from tillstream.http.keys import ANYONE, Keys
from tillstream.http.problems import too_fast


class Callers:
    """The keys of those who may ask; None lets anybody."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    async def remember(self, request: Request) -> None:
        """Who asks, as `request.state.caller`; raises ProblemError."""
        request.state.caller = ANYONE
        if self._keys is None:
            return
        caller = self._keys.authenticate(request.headers.get("authorization"))
        caller.demand("ask")
        if seconds := caller.wait_before(1):
            raise too_fast(seconds)
        request.state.caller = caller
