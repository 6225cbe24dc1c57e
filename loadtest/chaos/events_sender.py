"""Sends bodies beside the receipts, each until it is promised, and keeps the book."""

import http.client
import threading
from random import Random
from typing import Generic, Protocol, Self, TypeVar
from urllib.parse import urlsplit

from loadtest.chaos.requests import Posted
from loadtest.waiting import wait_until
from tillstream.clock import Clock
from tillstream.http.retryable import RETRYABLE

#: Bodies on their way at once.
SENDERS = 4
#: Longest wait for one answer, seconds: longer than the door waits for a confirm.
ANSWER_SECONDS = 10.0
#: Bounds of the wait between two bodies of a sender, and before the next try, seconds.
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 0.5


class Body(Protocol):
    """Sent as the same bytes each time."""

    @property
    def number(self) -> int:
        """Of the body, for the book."""

    @property
    def key(self) -> str:
        """Its name for the door, for messages."""

    @property
    def content(self) -> bytes:
        """The body."""

    def posted(self) -> Posted:
        """How it is sent now."""


B = TypeVar("B", bound=Body)
B_contra = TypeVar("B_contra", bound=Body, contravariant=True)


class Bodies(Protocol[B]):
    """Draws what is sent; is called by one thread at a time."""

    def next(self) -> B:
        """A new body, or one that was accepted before."""

    def accepted(self, body: B) -> None:
        """It may come again."""


class Book(Protocol[B_contra]):
    """What was sent and promised; is written by one thread at a time."""

    def send(self, body: B_contra) -> None:
        """A body is about to be sent."""

    def acknowledge(self, number: int, at: float) -> None:
        """The door has promised it."""

    def wrong_answer(self, what: str) -> None:
        """The door answered what it must not."""


class EventsSender(Generic[B]):
    """Runs in threads of its own; use it in a `with`. It begins paused."""

    def __init__(self, door: str, book: Book[B], bodies: Bodies[B], clock: Clock) -> None:
        self._address = urlsplit(door)
        self._book = book
        self._bodies = bodies
        self._clock = clock
        self._random = Random()
        self._lock = threading.Lock()
        self._going, self._ended = threading.Event(), threading.Event()
        self._give_up = threading.Event()
        self._busy = 0
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SENDERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._give_up.set()
        self._ended.set()
        for thread in self._threads:
            thread.join(2 * ANSWER_SECONDS)

    def resume(self) -> None:
        """Go on sending."""
        self._give_up.clear()
        self._going.set()

    def pause(self, timeout_seconds: float) -> bool:
        """Begin nothing new, return when nothing is on its way; False when that took too long."""
        self._going.clear()
        if wait_until(self._is_idle, timeout_seconds):
            return True
        self._give_up.set()
        wait_until(self._is_idle, 2 * ANSWER_SECONDS)
        return False

    def _is_idle(self) -> bool:
        with self._lock:
            return not self._busy

    def _run(self) -> None:
        while not self._ended.wait(self._wait()):
            with self._lock:
                if not self._going.is_set():
                    continue
                self._busy += 1
                body = self._bodies.next()
                self._book.send(body)
            try:
                self._send(body)
            except Exception as error:
                # Nothing may go on as if it were well.
                self._book.wrong_answer(f"the sender of bodies broke: {error!r}")
                raise
            finally:
                with self._lock:
                    self._busy -= 1

    def _send(self, body: B) -> None:
        while True:
            posted = body.posted()
            status = self._try(posted, body.content)
            if status == posted.accepted:
                with self._lock:
                    self._book.acknowledge(body.number, self._clock())
                    self._bodies.accepted(body)
                return
            if status is not None and status not in RETRYABLE:
                self._book.wrong_answer(f"{status} to the body {body.key}")
                return
            if self._give_up.wait(self._wait()):
                return

    def _try(self, posted: Posted, content: bytes) -> int | None:
        door = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=ANSWER_SECONDS
        )
        try:
            door.request("POST", posted.path, content, dict(posted.headers))
            response = door.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            door.close()
        return response.status

    def _wait(self) -> float:
        return self._random.uniform(SHORTEST_WAIT, LONGEST_WAIT)
