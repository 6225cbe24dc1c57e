"""Questions whether something is ready; each answers at once, or within seconds, never raises."""

import contextlib
import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Self

import pika.exceptions
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from local.servers import Mongo
from local.supervisor import Condition
from tillstream import archive, job_records, topology
from tillstream.archive import Document
from tillstream.clock import utc
from tillstream.runtime import broker
from tillstream.runtime.settings import DATABASE, redacted

#: The worker that publishes each result exchange, as docs of the exchanges have it.
PUBLISHERS = {
    "totals": topology.COUNT,
    "rate": topology.METRICS_STORM,
    "persistence": topology.METRICS_DB,
    "events": topology.WINDOWS,
}

#: The rooms that listen for HTTP, and the variables of their ports.
HTTP_ROOMS = {
    "entrypoint": "ENTRYPOINT_PORT",
    "dashboard": "DASHBOARD_PORT",
    "archive-api": "ARCHIVE_API_PORT",
}

#: Longest wait for the answer of a health check, seconds; the door asks its broker meanwhile.
HTTP_SECONDS = 3
#: Of an answer, what goes into a message.
MAX_ANSWER_BYTES = 500


def amqp(url: str) -> Condition:
    """The broker lets us in."""

    def holds() -> bool:
        try:
            broker.connect(url, "local").close()
        except (pika.exceptions.AMQPError, OSError):
            return False
        return True

    return Condition("rabbitmq", f"an AMQP connection to {redacted(url)}", holds)


def primary(server: Mongo) -> Condition:
    """The private MongoDB takes writes; forms its replica set on the way."""

    def holds() -> bool:
        try:
            return server.make_primary()
        except PyMongoError:
            return False

    return Condition("mongod", "a primary of the replica set", holds)


def mongo(url: str) -> Condition:
    """A given MongoDB takes writes."""

    def holds() -> bool:
        try:
            with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=1000) as client:
                return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False

    return Condition("mongod", f"a primary at {redacted(url)}", holds)


def http_ok(program: str, port: int, path: str) -> Condition:
    """GET answers 200."""

    said = ""

    def holds() -> bool:
        nonlocal said
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HTTP_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            said = f"{answer.status} {answer.read(MAX_ANSWER_BYTES).decode(errors='replace')}"
            return answer.status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException) as error:
            said = repr(error)
            return False
        finally:
            connection.close()

    return Condition(program, f"GET http://127.0.0.1:{port}{path}", holds, lambda: said)


@contextmanager
def rooms(environ: Mapping[str, str]) -> Iterator[list[Condition]]:
    """One condition for each room of a run with that environment, as long as the block lasts."""
    database = environ.get("MONGO_DATABASE") or DATABASE
    with (
        Snapshots(environ["AMQP_URL"]) as snapshots,
        archive.connect(environ["MONGO_URL"], "local", server_ms=1_000) as client,
    ):
        yield [
            *(
                http_ok(program, int(environ[port]), "/health/ready")
                for program, port in HTTP_ROOMS.items()
            ),
            *(
                Condition(
                    program, f"a message on exchange {exchange}", partial(snapshots.heard, exchange)
                )
                for program, exchange in PUBLISHERS.items()
            ),
            scheduler(client[database], utc(time.time())),
        ]


def scheduler(database: Database[Document], since: datetime) -> Condition:
    """The scheduler of jobs has said that it lives, after `since`."""

    def holds() -> bool:
        try:
            return database[job_records.JOBS].find_one({"seenAt": {"$gte": since}}) is not None
        except PyMongoError:
            return False

    return Condition("jobs", "a scheduler that lives, in the collection jobs", holds)


class Snapshots:
    """Listens on the result exchanges: a worker that has published is ready."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: BlockingConnection | None = None
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(pika.exceptions.AMQPError, OSError):
            if self._connection is not None and self._connection.is_open:
                self._connection.close()

    def heard(self, exchange: str) -> bool:
        """Whether anything came on the exchange since the first question."""
        try:
            self._receive()
        except (pika.exceptions.AMQPError, OSError):
            self._connection = None
        return exchange in self._seen

    def _receive(self) -> None:
        if self._connection is None:
            self._connection = broker.connect(self._url, "local")
            self._channel = self._connection.channel()
            broker.declare(self._channel)
            self._queue = self._channel.queue_declare("", exclusive=True).method.queue
            for exchange in PUBLISHERS.values():
                self._channel.queue_bind(self._queue, exchange)
        while True:
            method, _, _ = self._channel.basic_get(self._queue, auto_ack=True)
            if method is None:
                return
            self._seen.add(method.exchange)
