"""What the processes of a run say of themselves: readiness, and a few figures of `/metrics`."""

import contextlib
import http.client
import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from command.status.asking import NoAnswerError, brief
from command.status.findings import FiguresFound, QueuesFound
from local.programs import WATCH_FILE

#: Longest wait for an answer, seconds: a process that is frozen takes a connection, and no more.
HTTP_SECONDS = 1.0
#: Largest answer that is read, bytes; `/metrics` of a process has some 30 KB.
MAX_BYTES = 1_000_000
#: The processes whose figures are shown.
TELLING = ("totals", "rate", "persistence", "dashboard", "entrypoint", "connectors")

_QUEUE = 'tillstream_queue_messages{{queue="{}"}}'


class Ready(NamedTuple):
    """The body of `/health/ready`, as far as it is shown."""

    status: str | None = None
    reason: str | None = None
    behind_messages: int | None = None
    behind_seconds: float | None = None


def urls(data_dir: Path) -> dict[str, str]:
    """Base URL of each process of the run; empty where no run has written any."""
    with contextlib.suppress(OSError, json.JSONDecodeError):
        found: dict[str, str] = json.loads((data_dir / WATCH_FILE).read_text())
        return found
    return {}


def ready(url: str) -> Ready:
    """How far a process is behind that is ready; raises NoAnswerError with what it says instead."""
    status, body = _get(url, "/health/ready")
    said = Ready()
    with contextlib.suppress(ValueError, AttributeError):
        of = json.loads(body).get
        said = Ready(of("status"), of("reason"), of("behindMessages"), of("behindSeconds"))
    if status != HTTPStatus.OK:
        why = said.reason or said.status or body[:200].decode(errors="replace")
        raise NoAnswerError(f"{url} is not ready: {why}")
    return said


def metrics(url: str) -> dict[str, float]:
    """Value by name, with its labels as they stand; raises NoAnswerError."""
    status, body = _get(url, "/metrics")
    if status != HTTPStatus.OK:
        raise NoAnswerError(f"{url}/metrics: {status}")
    found = {}
    for line in body.decode(errors="replace").splitlines():
        name, _, value = line.rpartition(" ")
        if name and not name.startswith("#"):
            with contextlib.suppress(ValueError):
                found[name] = float(value)
    return found


def figures(found: Mapping[str, float]) -> FiguresFound:
    """The figures of all that was heard."""
    return FiguresFound(
        receipts_of_the_day=_whole(found.get("tillstream_day_receipts")),
        sum_minor=_whole(found.get("tillstream_day_gross_minor")),
        receipts_per_minute=_whole(found.get("tillstream_receipts_last_minute")),
        counted_after_ms=_mean(found, "tillstream_received_to_committed_seconds", 1000),
        stored_after_seconds=_mean(found, "tillstream_received_to_stored_seconds", 1),
    )


def queues(found: Mapping[str, float]) -> QueuesFound | None:
    """Depths, as the dashboard and the archive's worker have them; None where neither was heard."""
    waiting = found.get(_QUEUE.format("persistence"))
    dead = found.get(_QUEUE.format("receipts.dead"))
    return None if waiting is None or dead is None else QueuesFound(int(waiting), int(dead))


def conflicts(found: Mapping[str, float]) -> int | None:
    """Receipts that came again with other contents."""
    return _whole(found.get('tillstream_not_counted_receipts{why="conflict"}'))


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _mean(found: Mapping[str, float], name: str, factor: float) -> float | None:
    count = found.get(f"{name}_count")
    return found.get(f"{name}_sum", 0.0) / count * factor if count else None


def _get(url: str, path: str) -> tuple[int, bytes]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(
        place.hostname or "127.0.0.1", place.port, timeout=HTTP_SECONDS
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(MAX_BYTES)
    except TimeoutError as error:
        raise NoAnswerError(f"{url} does not answer within {HTTP_SECONDS:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{url} does not answer: {brief(error)}") from error
    finally:
        connection.close()
