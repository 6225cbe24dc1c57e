"""Asks the two ends of the system what they have: the `count` exchange and MongoDB."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec
from pymongo import MongoClient

from loadtest.accounts import Books, Figures
from local.addresses import read_addresses
from local.settings import ROOT
from tillstream import topology
from tillstream.archive import in_currency
from tillstream.currencies import CURRENCY
from tillstream.errors import ServerNotReadyError, SettingsError
from tillstream.runtime import broker
from tillstream.snapshots import CountSnapshot

POLL_SECONDS = 0.1
#: Snapshots come at least every 0.5 s; a worker that says nothing for so long is away.
SILENCE_SECONDS = 10.0

_decoder = msgspec.json.Decoder(CountSnapshot)


def urls(environ: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """AMQP and MongoDB: those of the environment, or those of a running `script/server`.

    Raises SettingsError when there is neither.
    """
    amqp, mongo = environ.get("AMQP_URL"), environ.get("MONGO_URL")
    running = read_addresses(data_folder(environ))
    amqp, mongo = amqp or running.get("AMQP_URL"), mongo or running.get("MONGO_URL")
    if amqp and mongo:
        return amqp, mongo
    raise SettingsError(
        ["the run cannot be reconciled: start script/server, or set AMQP_URL and MONGO_URL"]
    )


def main_currency(environ: Mapping[str, str] = os.environ) -> str:
    """That of the chain: of the environment, or of a running `script/server`."""
    running = read_addresses(data_folder(environ))
    return environ.get("CURRENCY") or running.get("CURRENCY") or CURRENCY


class Archive:
    """MongoDB, asked for what it has; raises pymongo's errors."""

    def __init__(
        self, mongo_url: str, database: str = "tillstream", currency: str = CURRENCY
    ) -> None:
        self._in_currency = in_currency(currency)
        self._client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
        self._receipts = self._client[database]["receipts"]

    def stored(self, day: str) -> Figures:
        """What it has of a business day, in its currency."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"businessDay": day} | self._in_currency},
            {"$group": {"_id": None, "count": {"$sum": 1}, "gross": {"$sum": "$grossMinor"}}},
        ]
        for group in self._receipts.aggregate(pipeline):
            return Figures(group["count"], group["gross"])
        return Figures()

    def documents(self) -> int:
        """How many receipts it has, by its metadata: quick."""
        return self._receipts.estimated_document_count()

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class SystemReader:
    """Connections to both ends, of the main currency's figures.

    Raises ServerNotReadyError when the totals worker says nothing.

    For short use, or to be asked at least every few seconds: the broker hangs up on a client
    that is silent for longer.
    """

    def __init__(self, amqp_url: str, mongo_url: str, currency: str | None = None) -> None:
        """`currency`: None is that of the chain."""
        self._currency = currency or main_currency()
        self._connection = broker.connect(amqp_url, "loadtest")
        self._channel = self._connection.channel()
        self._queue = self._channel.queue_declare("", exclusive=True).method.queue
        self._channel.queue_bind(self._queue, topology.COUNT)
        self._archive = Archive(mongo_url, currency=self._currency)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        if self._connection.is_open:
            self._connection.close()

    def next_snapshot(self) -> CountSnapshot:
        """The newest snapshot, after waiting for one."""
        deadline = time.monotonic() + SILENCE_SECONDS
        newest = None
        while True:
            _, _, body = self._channel.basic_get(self._queue, auto_ack=True)
            if body is not None:
                found = _decoder.decode(body)
                # Each other currency of the day has a message of its own.
                newest = found if found.currency == self._currency else newest
            elif newest is not None:
                return newest
            elif time.monotonic() > deadline:
                raise ServerNotReadyError(
                    f"no `count` snapshot for {SILENCE_SECONDS:.0f} s: is the totals worker up?"
                )
            else:
                self._connection.process_data_events(POLL_SECONDS)

    def books(self) -> tuple[Books, str]:
        """What both say of today, and the stores' zone."""
        snapshot = self.next_snapshot()
        counted = Figures(snapshot.count, snapshot.sum_minor)
        return Books(snapshot.day, counted, self._archive.stored(snapshot.day)), snapshot.zone

    def books_once(self, expected: Books, timeout_seconds: float) -> Books:
        """The books as soon as they are as expected, or as they are after the time."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            books, _ = self.books()
            if books == expected or books.day != expected.day or time.monotonic() > deadline:
                return books


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where a local run keeps its data, and the tills their numbers."""
    return (ROOT / environ.get("DATA_DIR", "var")).resolve()
