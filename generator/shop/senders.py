"""Where parcels of events go: the door, or the log behind it."""

import hashlib
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from random import Random

import msgspec
import pika
import pika.exceptions
import structlog
from pika.adapters.blocking_connection import BlockingChannel

from generator.shop.columns import Columns
from generator.shop.parcels import Parcel
from generator.shop.replay import Outcome
from tillstream import topology
from tillstream.http.door_connection import DoorConnection
from tillstream.http.retryable import FIRST_WAIT, LONGEST_WAIT
from tillstream.runtime import broker
from tillstream.streams import message
from tillstream.streams.message import EventMessage

log = structlog.get_logger()

CSV = "text/csv"
#: Answers that say how many rows of the body were accepted.
_COUNTED = frozenset(
    {HTTPStatus.ACCEPTED, HTTPStatus.MULTI_STATUS, HTTPStatus.UNPROCESSABLE_ENTITY}
)
#: Characters of an answer in the summary.
_MAX_REASON = 300

_jitter = Random()


class _Violation(msgspec.Struct):
    rule: str = ""
    message: str = ""


class _BadRow(msgspec.Struct):
    errors: Sequence[_Violation] = ()
    rule: str = ""
    field: str | None = None


class _Answer(msgspec.Struct):
    """What the door says of a batch; it names the first refused rows only."""

    accepted: int
    refused: int
    errors: Sequence[_BadRow] = ()


class DoorSender:
    """Posts parcels to `/events/{stream}` as CSV, each under an Idempotency-Key of its own."""

    def __init__(self, door: DoorConnection, stream: str, header: bytes, run: str) -> None:
        """`run` is another text for every run."""
        self._door = door
        self._path = f"/events/{stream}"
        self._header = header
        self._run = run

    def send(self, parcel: Parcel) -> Outcome:
        """Until the door's last word."""
        key = f"{self._run}-{parcel.number}"
        reply = self._door.post(self._path, self._header + parcel.lines, key)
        retries = reply.tries - 1
        if reply.status is None or (reply.status >= 500 or reply.status in (408, 429)):
            said = "no answer" if reply.status is None else f"status {reply.status}"
            return Outcome(0, 0, parcel.rows, retries, [said])
        if reply.status in _COUNTED:
            try:
                answer = msgspec.json.decode(reply.body, type=_Answer)
            except msgspec.DecodeError:
                pass
            else:
                reasons = [text for row in answer.errors if (text := _reason(row))]
                return Outcome(answer.accepted, answer.refused, 0, retries, reasons)
        if 200 <= reply.status < 300:
            return Outcome(parcel.rows, retries=retries)
        text = reply.body[:_MAX_REASON].decode("utf-8", "replace")
        return Outcome(0, parcel.rows, 0, retries, [f"status {reply.status}: {text}"])

    def close(self) -> None:
        """End the connection."""
        self._door.close()


class StreamsSender:
    """Posts parcels of several streams over one connection, in the order in which they come."""

    def __init__(self, door: DoorConnection, headers: Mapping[str, bytes], run: str) -> None:
        """`headers` has the first line of the bodies of each stream, empty for none."""
        self._door = door
        self._senders = {
            stream: DoorSender(door, stream, header, run) for stream, header in headers.items()
        }

    def send(self, parcel: Parcel) -> Outcome:
        """Until the door's last word."""
        return self._senders[parcel.stream].send(parcel)

    def close(self) -> None:
        """End the connection."""
        self._door.close()


def _reason(row: _BadRow) -> str:
    first = row.errors[0] if row.errors else _Violation()
    said = row.rule or first.rule or first.message
    return f"{row.field}: {said}" if row.field else said


class LogSender:
    """Publishes parcels to the log as the door does: checked columns, persistent, confirmed."""

    def __init__(
        self, url: str, columns: Columns, run: str, give_up: threading.Event, *, tries: int
    ) -> None:
        self._url = url
        self._columns = columns
        self._run = run
        self._give_up = give_up
        self._tries = tries
        self._channel: BlockingChannel | None = None

    def send(self, parcel: Parcel) -> Outcome:
        """Until it is confirmed, or no try is left."""
        received = time.time_ns() // 1_000
        # The same bytes each time: who counts knows them by the digest.
        digest = hashlib.blake2b(f"{self._run}-{parcel.number}".encode(), digest_size=16).digest()
        checked = self._columns.read(parcel.lines, received, digest)
        refused, reasons = sum(checked.refused.values()), list(checked.refused)
        if checked.events is None:
            return Outcome(0, refused, 0, 0, reasons)
        stream = self._columns.stream
        packed = message.encode(EventMessage(stream.name, stream.version, received, checked.events))
        properties = pika.BasicProperties(
            content_type=packed.content_type,
            content_encoding=packed.content_encoding,
            delivery_mode=pika.DeliveryMode.Persistent,
        )
        rows = checked.events.num_rows
        for attempt in range(1, self._tries + 1):
            try:
                self._connected().basic_publish(
                    topology.EVENTS, "", packed.body, properties, mandatory=True
                )
                return Outcome(rows, refused, 0, attempt - 1, reasons)
            except (pika.exceptions.AMQPError, OSError) as error:
                log.warning("not confirmed, trying again", reason=repr(error))
                self.close()
            ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
            if self._give_up.wait(_jitter.uniform(0, ceiling)):
                break
        return Outcome(0, refused, rows, attempt - 1, [*reasons, "not confirmed"])

    def close(self) -> None:
        """End the connection; the next parcel opens another."""
        channel, self._channel = self._channel, None
        if channel is not None and channel.connection.is_open:
            channel.connection.close()

    def _connected(self) -> BlockingChannel:
        if self._channel is None:
            # Between two parcels of a slow replay nobody serves it.
            connection = broker.connect(self._url, "generator", heartbeat_seconds=0)
            channel = connection.channel()
            broker.declare(channel)
            channel.confirm_delivery()
            self._channel = channel
        return self._channel


def new_run() -> str:
    """A text that no other run has."""
    return uuid.uuid4().hex


def door_headers(key: str | None, content_type: str = CSV) -> Mapping[str, str]:
    """The headers of every body; `key` is the API key, where the door wants one."""
    headers = {"Content-Type": content_type, "User-Agent": "tillstream-generator"}
    return headers if key is None else {**headers, "Authorization": f"Bearer {key}"}
