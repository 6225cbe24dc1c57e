"""Real servers for the tests: a private broker, a private MongoDB, a browser."""

import logging
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import pytest
import structlog
from pika.adapters.blocking_connection import BlockingConnection
from pymongo import MongoClient
from xdist.remote import Producer

from local import ready, servers
from local.supervisor import Supervisor
from tests.support.longest_first import LongestFirst
from tillstream import topology
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker as amqp
from tillstream.runtime import essential
from tillstream.runtime.settings import DeliveriesSettings

# Tests start some thousand processes of Python. Where the machine forbids to keep compiled files,
# as images of containers do, each of them would compile anew all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shared machine pauses: what a law costs is measured by script/bench, not by a deadline.
hypothesis.settings.register_profile(
    "tillstream", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tillstream")

#: A test waits for other things than its connection, which must live meanwhile.
UNSERVED_SECONDS = 600

#: A server that starts on a busy machine.
START_SECONDS = 60


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LongestFirst | None:
    """How `--dist loadfile` deals the files."""
    return LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None


def missing(what: str) -> None:
    """Skip; fail in CI and under script/test, where a skipped test would look like a passed one."""
    if os.environ.get("CI") or os.environ.get("REQUIRE_SERVERS"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(autouse=True)
def an_essential_thread_that_fails_fails_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end all tests of the process; pytest tells an error of a thread by itself."""

    def tell(_: str, __: str, error: BaseException) -> NoReturn:
        raise error

    monkeypatch.setattr(essential, "_end_process", tell)


@pytest.fixture
def signals_put_back() -> Iterator[None]:
    """The handlers that a command takes, given back after a test."""
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(each) for each in signals]
    yield
    for each, handler in zip(signals, before, strict=True):
        signal.signal(each, handler)


@pytest.fixture
def logs_put_back() -> Iterator[None]:
    """The configuration of logs is put back at the end."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """A data folder for the whole session, removed at its end."""
    with tempfile.TemporaryDirectory(prefix="tillstream-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def broker_url(data_dir: Path) -> Iterator[str]:
    """A private RabbitMQ, beside any other on this machine."""
    node = servers.private_broker(data_dir / "broker")
    try:
        programs = node.programs()
    except ServerNotReadyError as error:
        missing(str(error))
    with Supervisor(data_dir / "broker", programs) as supervisor:
        supervisor.wait_for([ready.amqp(node.url)], START_SECONDS)
        yield node.url


@contextmanager
def running_mongo(folder: Path, *options: str) -> Iterator[tuple[str, Supervisor]]:
    """The URL of a private MongoDB with its data below `folder`, and who can stop and kill it."""
    node = servers.private_mongo(folder)
    try:
        [program] = node.programs()
    except ServerNotReadyError as error:
        missing(str(error))
    with Supervisor(folder, [replace(program, argv=(*program.argv, *options))]) as supervisor:
        supervisor.wait_for([ready.primary(node)], START_SECONDS)
        yield node.url, supervisor


@pytest.fixture(scope="session")
def mongo_url(data_dir: Path) -> Iterator[str]:
    """A private MongoDB, a replica set of one."""
    with running_mongo(data_dir / "mongo") as (url, _):
        yield url


@pytest.fixture
def mongo_database(mongo_url: str) -> Iterator[str]:
    """The name of an empty database, dropped after the test."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield name
    with MongoClient[dict[str, Any]](mongo_url) as client:
        client.drop_database(name)


def delete_queues(url: str) -> None:
    """Delete every durable queue of the topology; a stream cannot be purged."""
    connection = amqp.connect(url, "tests")
    channel = connection.channel()
    channel.exchange_delete(topology.RECEIPTS_PARTITIONS)
    streams = (*topology.partition_queues(4), *topology.event_queues(4))
    for queue in (*topology.queues(), topology.marks_queue(), topology.order_queue(), *streams):
        channel.queue_delete(queue.name)
    channel.queue_delete(topology.DELIVERIES_LOG)
    connection.close()


@pytest.fixture(scope="module")
def amqp_url(broker_url: str) -> str:
    """A broker with none of the queues that another file of tests has left: who counts a log from
    its start would count their receipts too."""
    delete_queues(broker_url)
    return broker_url


@pytest.fixture
def room_settings(
    amqp_url: str, mongo_url: str, mongo_database: str, tmp_path: Path
) -> dict[str, str]:
    """What every room is told: the servers of the tests, and a data folder of the test's own."""
    return {
        "AMQP_URL": amqp_url,
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": mongo_database,
        "DATA_DIR": str(tmp_path),
    }


@pytest.fixture
def broker(amqp_url: str) -> Iterator[BlockingConnection]:
    """A connection to a broker with every exchange and with queues that are new and empty."""
    delete_queues(amqp_url)
    connection = amqp.connect(amqp_url, "tests", UNSERVED_SECONDS)
    channel = connection.channel()
    amqp.declare(channel)
    channel.close()
    amqp.declare_deliveries(connection, DeliveriesSettings().deliveries_queue())
    yield connection
    if connection.is_open:
        connection.close()


@pytest.fixture
def connect(amqp_url: str) -> Iterator[Callable[[], BlockingConnection]]:
    """Opens further connections, each closed after the test: one a thread, as pika wants it."""
    opened: list[BlockingConnection] = []

    def open_one() -> BlockingConnection:
        opened.append(amqp.connect(amqp_url, "tests", UNSERVED_SECONDS))
        return opened[-1]

    yield open_one
    for connection in opened:
        if connection.is_open:
            connection.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or a Chrome."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        if path:
            return path
    missing("no chromium on the PATH: run script/bootstrap --test")
    raise AssertionError
