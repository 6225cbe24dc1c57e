"""What a rush has left in MongoDB's cache and allocator goes back to the system once it is over.

mongod keeps every page that its cache has room for, and what it has freed, as long as it runs. When
a rush is over its cache is small for a moment, and its allocator gives back what that frees
(docs/decisions/0019-idle-memory.md).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, OperationFailure

from local.servers import CACHE_MIB
from tillstream.runtime.quiet import Quiet

#: Between two looks at what mongod has used, seconds: a rush is over when it was quiet so long.
LOOK_SECONDS = 20.0
#: The cache for a moment, MiB, and for how long at most, seconds.
SMALL_MIB, SMALL_SECONDS = 64, 15.0
#: Between two looks at whether it is that small.
POLL_SECONDS = 0.2
#: Longest wait for an answer: a mongod that does not answer is asked again later.
ANSWER_MS = 5_000


class MongoMemory:
    """The memory of a mongod of our own; raises pymongo's errors."""

    def __init__(self, client: MongoClient[dict[str, Any]]) -> None:
        self._admin = client.admin
        self._quiet: Quiet | None = None
        self._is_small = False

    def look(self, now: float) -> bool:
        """Give memory back where the time since the last look was the first quiet one; whether."""
        if self._is_small:
            # It was away when it was to have its cache again.
            self._restore()
        used = self._admin.command("serverStatus")["extra_info"]
        cpu_seconds = (used["user_time_us"] + used["system_time_us"]) / 1e6
        if self._quiet is None:
            self._quiet = Quiet(cpu_seconds, now)
            return False
        if not self._quiet.has_come(cpu_seconds, now):
            return False
        self.release()
        return True

    def release(self) -> None:
        """Have a small cache until it is that small, and then the usual one again."""
        self._is_small = True
        try:
            self._set(tcmallocAggressiveMemoryDecommit=1)
            self._set_cache(SMALL_MIB)
            deadline = time.monotonic() + SMALL_SECONDS
            while self._cached_mib() > SMALL_MIB and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
        finally:
            self._restore()

    def _restore(self) -> None:
        self._set_cache(CACHE_MIB)
        # In a rush it would cost mongod an eighth of its processor time.
        self._set(tcmallocAggressiveMemoryDecommit=0)
        self._is_small = False

    def _set_cache(self, mib: int) -> None:
        self._set(wiredTigerEngineRuntimeConfig=f"cache_size={mib}M")

    def _set(self, **parameter: object) -> None:
        self._admin.command({"setParameter": 1, **parameter})

    def _cached_mib(self) -> float:
        cache = self._admin.command("serverStatus")["wiredTiger"]["cache"]
        return float(cache["bytes currently in the cache"]) / 2**20


@contextmanager
def released_when_quiet(url: str, say: Callable[[str], None]) -> Iterator[None]:
    """Look after the memory of the mongod at a URL as long as the block lasts."""
    ended = threading.Event()

    def watch() -> None:
        with MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=ANSWER_MS, socketTimeoutMS=ANSWER_MS
        ) as client:
            memory = MongoMemory(client)
            while not ended.wait(LOOK_SECONDS):
                try:
                    memory.look(time.monotonic())
                except ConnectionFailure:
                    # It is away, or starts: the next look tells.
                    continue
                except OperationFailure as error:
                    say(f"this mongod keeps the memory that a rush has left: {error}")
                    return

    # A thread: a mongod that does not answer must not hold the end of the system, and the system
    # goes on where it fails.
    threading.Thread(target=watch, name="mongo memory", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
