"""Sends prepared bodies to the door over a few connections, at a rate or as fast as it takes."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from loadtest.bench.clients import RefusedError
from loadtest.bench.event_bodies import Body, Figures

_TIMEOUT_SECONDS = 60.0


class EventLoad:
    """What was sent in `seconds` from its start, and when each body was due."""

    def __init__(self, url: str, bodies: Sequence[Body], connections: int) -> None:
        self._address = urlsplit(url)
        self._bodies = bodies
        self._connections = connections
        self._lock = threading.Lock()
        self._next = 0
        self._accepted: Counter[int] = Counter()
        self._failures: list[str] = []
        #: When each body was due, and how many events had been with it: monotonic seconds.
        self.due: list[tuple[float, int]] = []
        self.started = 0.0

    @property
    def figures(self) -> Figures:
        """Of every body that was accepted."""
        whole = Figures()
        for place, times in self._accepted.items():
            whole = whole.plus(self._bodies[place].figures, times)
        return whole

    def run(self, seconds: float, rate: float | None = None) -> None:
        """Send for so long, `rate` events a second; raises RefusedError."""
        self.started = time.monotonic()
        threads = [
            threading.Thread(target=self._work, args=(seconds, rate), daemon=True)
            for _ in range(self._connections)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failures:
            raise RefusedError(self._failures[0])

    def _work(self, seconds: float, rate: float | None) -> None:
        door = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=_TIMEOUT_SECONDS
        )
        try:
            while (taken := self._take(seconds, rate)) is not None:
                place, due = taken
                time.sleep(max(0.0, due - time.monotonic()))
                body = self._bodies[place]
                headers = {"Content-Type": body.content_type}
                door.request("POST", "/events/shop", body.content, headers)
                response = door.getresponse()
                said = response.read()
                if response.status != 202:
                    self._failures.append(f"{response.status} to events: {said[:300]!r}")
                    return
                with self._lock:
                    self._accepted[place] += 1
        except (OSError, http.client.HTTPException) as error:
            self._failures.append(repr(error))
        finally:
            door.close()

    def _take(self, seconds: float, rate: float | None) -> tuple[int, float] | None:
        """Which body is next, and when it is due; None after the end."""
        with self._lock:
            place = self._next % len(self._bodies)
            sent = self.due[-1][1] if self.due else 0
            due = time.monotonic() if rate is None else self.started + sent / rate
            if due > self.started + seconds or self._failures:
                return None
            self._next += 1
            self.due.append((due, sent + self._bodies[place].figures.events))
            return place, due
