"""Sends mended rows to the door, each once: whatever is sent again counts nothing twice."""

import threading
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from events.quarantine.mending import Event
from events.quarantine.refused_rows import RefusedRow, id_text
from tillstream.errors import TillstreamError
from tillstream.http.door_connection import DoorConnection, Reply
from tillstream.http.idempotency_header import BY, BY_KEY
from tillstream.runtime.settings import redacted

TIMEOUT_SECONDS = 10.0
TRIES = 6
#: Longer than the door waits for the broker's confirm.
CONFIRM_SECONDS = 6.0
#: Characters of an answer that are repeated.
MAX_ANSWER = 500


class DoorAwayError(TillstreamError):
    """The door has no answer, or lets nobody in with this key: no other row is tried."""


class Refusal(NamedTuple):
    """Why a row was not accepted."""

    rule: str
    field: str
    message: str


class Sender:
    """One connection to the door."""

    def __init__(self, url: str, api_key: str | None, stop: threading.Event) -> None:
        # A row that is sent again with another text is the same row.
        headers = {"User-Agent": "tillstream-quarantine", BY: BY_KEY}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {api_key}"
        self._url = url
        self._headers = headers
        self._stop = stop
        self._doors: dict[str, DoorConnection] = {}

    def send(self, row: RefusedRow, event: Event) -> list[Refusal]:
        """Why the door does not take it; nothing once it is durable. Raises DoorAwayError."""
        reply = self._post(row, event)
        if reply.status == HTTPStatus.CONFLICT:
            # Another text of it was accepted before, or waits for its confirm and may yet fail.
            self._stop.wait(CONFIRM_SECONDS)
            reply = self._post(row, event)
        status, answer = reply.status, reply.body.decode(errors="replace")
        # 409 again: it was accepted before, as another text; the first counts.
        if status in (HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
            return []
        if status is None:
            raise DoorAwayError(
                f"the door at {redacted(self._url)} does not answer; start it, or"
                " set ENTRYPOINT_URL"
            )
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise DoorAwayError(f"the door wants a key: {status} {_detail(answer)}; set API_KEY")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise DoorAwayError(f"the door does not take it now: {status} {_detail(answer)}")
        return _refusals(answer) or [Refusal(str(status), "", _detail(answer))]

    def close(self) -> None:
        """End the connections."""
        for door in self._doors.values():
            door.close()

    def _post(self, row: RefusedRow, event: Event) -> Reply:
        door = self._door(event.media_type)
        return door.post(f"/events/{row.stream}", event.body, f"quarantine-{id_text(row.id)}")

    def _door(self, media_type: str) -> DoorConnection:
        if media_type not in self._doors:
            self._doors[media_type] = DoorConnection(
                self._url,
                {**self._headers, "Content-Type": media_type},
                self._stop,
                timeout=TIMEOUT_SECONDS,
                tries=TRIES,
            )
        return self._doors[media_type]


def _refusals(answer: str) -> list[Refusal]:
    problem = _problem(answer)
    return [
        Refusal(str(one.get("rule", "")), str(one.get("column", "")), str(one.get("message", "")))
        for one in problem.get("errors", [])
    ]


def _detail(answer: str) -> str:
    return str(_problem(answer).get("detail") or answer[:MAX_ANSWER])


def _problem(answer: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
