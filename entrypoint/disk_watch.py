"""Refuses receipts while the disk has too little room: before anything on it can break."""

import asyncio

import structlog

from tillstream.errors import DiskShortError
from tillstream.runtime.disk import FreeSpace

log = structlog.get_logger()

#: How often the disk is asked, seconds; never by a request.
LOOK_SECONDS = 1.0


class DiskWatch:
    """Knows whether receipts may be taken; looks in a task of its own."""

    def __init__(self, space: FreeSpace) -> None:
        self._space = space
        space.look()

    @property
    def shortage(self) -> str | None:
        """Why receipts are refused, or None."""
        return self._space.shortage

    def require(self) -> None:
        """Raise DiskShortError while there is too little room."""
        if self._space.shortage is not None:
            raise DiskShortError(reason=self._space.shortage)

    async def keep_looking(self) -> None:
        """Look once a second, until cancelled; a change is a line in the log."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            before = self._space.shortage
            # A disk that hangs shall not hold the requests.
            await asyncio.to_thread(self._space.look)
            if self._space.shortage != before:
                if self._space.shortage is not None:
                    log.error("receipts are refused", reason=self._space.shortage)
                else:
                    log.warning("receipts are taken again", reason="there is space on the disk")
