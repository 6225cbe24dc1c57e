"""Asks MongoDB twice a second whether it answers, whoever looks: an archive that is away, or that
takes too long, is told within 3 s."""

import threading

import structlog
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from dashboard.state.archive_state import ArchiveState
from tillstream import archive
from tillstream.archive import Document
from tillstream.clock import Clock
from tillstream.runtime.periodic import SNAPSHOT_SECONDS

log = structlog.get_logger()

#: Longest wait for MongoDB to be there, and for an answer, ms.
SERVER_TIMEOUT_MS, SOCKET_TIMEOUT_MS = 1_000, 2_000


class ArchiveWatch:
    """One for the process, with a client of its own: its question waits behind no other."""

    def __init__(
        self, url: str, database: str, state: ArchiveState, clock: Clock, stop: threading.Event
    ) -> None:
        self._url = url
        self._database = database
        self._state = state
        self._clock = clock
        self._stop = stop

    def run(self) -> None:
        """Ask until `stop`."""
        with archive.connect(
            self._url,
            "dashboard watch",
            server_ms=SERVER_TIMEOUT_MS,
            socket_ms=SOCKET_TIMEOUT_MS,
            connections=1,
        ) as client:
            while not self._stop.is_set():
                self._ask(client)
                self._stop.wait(SNAPSHOT_SECONDS)

    def _ask(self, client: MongoClient[Document]) -> None:
        asked_at = self._clock()
        try:
            # A read of what the pages read: `ping` is answered by one whose disk is stuck.
            receipts = client[self._database][archive.RECEIPTS]
            receipts.find_one({}, {"_id": 1}, max_time_ms=SOCKET_TIMEOUT_MS)
        except PyMongoError as error:
            self._state.silent()
            log.info("the archive is away", error=str(error)[:200])
            return
        self._state.answered(asked_at, self._clock())
