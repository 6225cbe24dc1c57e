"""Brings receipts to the door in batches, several at once, and reads every answer.

A batch is sent again after a lost connection or an answer that says "not now", with backoff and
jitter: the identity of its receipts makes that safe. Of a batch that the door takes in part, each
receipt that it refuses is named with its place in the file.
"""

import http.client
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from connectors.files.found import Kept
from connectors.files.import_errors import DoorError
from tillstream.codec import NDJSON
from tillstream.http.retryable import FIRST_WAIT, LONGEST_WAIT, RETRYABLE, retry_after

#: A batch ends at the first of these: receipts, and bytes before they are packed.
BATCH_RECEIPTS, BATCH_BYTES = 1_000, 2 * 1024 * 1024
#: Batches on their way at once; as many again are packed and wait.
AT_ONCE = 4
#: Tries of a batch in all, and the longest wait for one answer, seconds.
TRIES, ANSWER_SECONDS = 12, 60
#: Level 1 packs receipts to a tenth at 100 MB/s.
GZIP_LEVEL = 1
#: Hosts that are this machine.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: Of an answer that is no list of refusals, what is shown.
SHOWN_BYTES = 300
#: The door names 100 refused receipts of a batch, and says how many there were.
PATH = "/receipts"

# Not seeded: two imports must not wait in step.
_jitter = Random()  # noqa: S311 - waits are no secret


class Parcel(NamedTuple):
    """A receipt on its way: its place in the file, and its JSON."""

    place: str
    body: bytes


class Refused(NamedTuple):
    """A receipt that the door does not take."""

    place: str
    reason: str


class Delivered(NamedTuple):
    """What became of a batch, or of all."""

    accepted: int
    refused: list[Refused]
    #: Refused receipts that are not kept in `refused`.
    more: int = 0


class _Refusal(msgspec.Struct):
    position: int
    errors: list[msgspec.Raw] = []


class _BatchAnswer(msgspec.Struct):
    accepted: int = 0
    refused: int = 0
    errors: list[_Refusal] = []


class Door:
    """The door at `url`; `key` is its API key, where it wants one."""

    def __init__(self, url: str, key: str | None, stop: threading.Event) -> None:
        place = urlsplit(url)
        self._is_tls = place.scheme == "https"
        self._host, self._port = place.hostname or "127.0.0.1", place.port
        self._path = place.path.rstrip("/") + PATH
        self._url = url
        self._stop = stop
        # On the machine itself packing costs more than the bytes that it saves.
        self._is_packed = self._host not in LOOPBACK
        self._headers = {"Content-Type": NDJSON}
        if self._is_packed:
            self._headers["Content-Encoding"] = "gzip"
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._local = threading.local()
        #: Of all threads: each has one of its own.
        self._connections: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """End the connections; nobody sends any more."""
        for connection in self._connections:
            connection.close()

    def deliver(self, parcels: list[Parcel]) -> Delivered:
        """Send a batch until each receipt has its answer. Raises DoorError."""
        body = b"\n".join([parcel.body for parcel in parcels])
        if self._is_packed:
            packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
            body = packer.compress(body) + packer.flush()
        status, said = self._answer(body)
        if status == HTTPStatus.ACCEPTED:
            if self._read(said).accepted != len(parcels):
                raise DoorError(
                    f"{self._url} accepted another number than {len(parcels)}: {said!r}"
                )
            return Delivered(len(parcels), [])
        if status in (HTTPStatus.MULTI_STATUS, HTTPStatus.UNPROCESSABLE_ENTITY):
            answer = self._read(said)
            places = {refusal.position for refusal in answer.errors}
            if len(parcels) == 1:
                return Delivered(0, [Refused(parcels[0].place, _shown(said))])
            if len(places) == answer.refused and places:
                refused = [
                    Refused(parcels[one.position - 1].place, _reason(one)) for one in answer.errors
                ]
                return Delivered(len(parcels) - len(refused), refused)
            return self._halves(parcels)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            if len(parcels) == 1:
                return Delivered(0, [Refused(parcels[0].place, "larger than the door takes")])
            return self._halves(parcels)
        raise DoorError(f"{self._url} answers {status}: {_shown(said)}")

    def _halves(self, parcels: list[Parcel]) -> Delivered:
        """The same receipts in two batches, which counts none twice."""
        middle = len(parcels) // 2
        one, other = self.deliver(parcels[:middle]), self.deliver(parcels[middle:])
        return Delivered(one.accepted + other.accepted, one.refused + other.refused)

    def _read(self, said: bytes) -> _BatchAnswer:
        try:
            return msgspec.json.decode(said, type=_BatchAnswer)
        except msgspec.DecodeError:
            return _BatchAnswer()

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        reason = "no answer"
        for attempt in range(1, TRIES + 1):
            wait = 0.0
            try:
                status, said, header = self._post(body)
                if status not in RETRYABLE:
                    return status, said
                reason, wait = f"{status} {_shown(said)}", retry_after(header)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                reason = str(error) or type(error).__name__
            ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
            if self._stop.wait(wait + _jitter.uniform(0, ceiling)):
                raise DoorError("stopped; import the file again, what was accepted counts once")
        raise DoorError(
            f"{self._url} takes nothing after {TRIES} tries: {reason}; see `tillstream status`, and"
            " import the file again: what was accepted counts once"
        )

    def _post(self, body: bytes) -> tuple[int, bytes, str | None]:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            kind = http.client.HTTPSConnection if self._is_tls else http.client.HTTPConnection
            connection = kind(self._host, self._port, timeout=ANSWER_SECONDS)
            self._local.connection = connection
            self._connections.append(connection)
        connection.request("POST", self._path, body, self._headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Retry-After")

    def _drop(self) -> None:
        if (connection := getattr(self._local, "connection", None)) is not None:
            connection.close()
            self._local.connection = None
            self._connections.remove(connection)


def deliver_all(door: Door, parcels: Iterator[Parcel], stop: threading.Event) -> Delivered:
    """Send all of `parcels`, a bounded number at once. Raises DoorError."""
    accepted = 0
    refused = Kept[Refused]()
    waiting: deque[Future[Delivered]] = deque()

    def take() -> None:
        nonlocal accepted
        done = waiting.popleft().result()
        accepted += done.accepted
        refused.extend(done.refused)

    with ThreadPoolExecutor(AT_ONCE, "door") as executor:
        try:
            for batch in batches(parcels):
                while len(waiting) >= 2 * AT_ONCE:
                    take()
                waiting.append(executor.submit(door.deliver, batch))
            while waiting:
                take()
        except BaseException:
            # What is on its way ends with its answer, and nothing is tried again.
            stop.set()
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    return Delivered(accepted, refused, refused.more)


def batches(parcels: Iterator[Parcel]) -> Iterator[list[Parcel]]:
    """Parcels in batches within the bounds; one larger than BATCH_BYTES goes alone."""
    batch: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if batch and (len(batch) >= BATCH_RECEIPTS or size + len(parcel.body) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(parcel)
        size += len(parcel.body)
    if batch:
        yield batch


def _reason(refusal: _Refusal) -> str:
    return _shown(msgspec.json.encode(refusal.errors))


def _shown(said: bytes) -> str:
    return said[:SHOWN_BYTES].decode(errors="replace").strip()
