"""A mongod of our own gives the memory of a rush back once the rush is over."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from pymongo import MongoClient

from local import mongo_memory
from local.mongo_memory import MongoMemory, released_when_quiet
from local.servers import CACHE_MIB
from tests.conftest import running_mongo
from tests.support.waiting import wait_until

Client = MongoClient[dict[str, Any]]

#: What the rush leaves, and what is back at least, MiB.
LEFT_MIB, BACK_MIB = 150, 100


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_mongo(tmp_path_factory.mktemp("mongo")) as (url, _):
        yield url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


def resident_mib(client: Client) -> float:
    pid = int(client.admin.command("serverStatus")["pid"])
    return float(psutil.Process(pid).memory_info().rss) / 2**20


def rush(client: Client) -> float:
    """Documents of 200 MB; what mongod has of memory then."""
    documents = client["rush"]["documents"]
    for _ in range(20):
        documents.insert_many({"text": os.urandom(500).hex()} for _ in range(10_000))
    return resident_mib(client)


def settings(client: Client) -> tuple[float, bool]:
    """The bound of the cache, MiB, and whether the allocator gives back at once."""
    status = client.admin.command("serverStatus")
    name = "tcmallocAggressiveMemoryDecommit"
    decommits = client.admin.command({"getParameter": 1, name: 1})[name]
    cache = status["wiredTiger"]["cache"]["maximum bytes configured"]
    return float(cache) / 2**20, bool(decommits)


def wait_for_the_end_of_its_thread() -> None:
    wait_until(
        lambda: "mongo memory" not in [one.name for one in threading.enumerate()],
        10,
        "the end of its thread",
    )


def test_memory_is_back_after_the_first_quiet_time_and_mongod_is_as_it_was(
    client: Client,
) -> None:
    before = settings(client)
    memory = MongoMemory(client)
    began = resident_mib(client)
    first = memory.look(0)
    full = rush(client)
    busy = memory.look(1)
    quiet = memory.look(10_001)
    back = resident_mib(client)
    again = memory.look(20_002)

    assert full > began + LEFT_MIB
    assert back < full - BACK_MIB
    assert [False, False, True, False] == [first, busy, quiet, again]
    assert before == settings(client) == (CACHE_MIB, False)
    assert 200_000 == client["rush"]["documents"].count_documents({})


def test_a_cache_that_stayed_small_is_the_usual_one_after_the_next_look(client: Client) -> None:
    memory = MongoMemory(client)
    memory.look(0)

    class LostAnswerError(Exception):
        """Stands for any error of the client's."""

    with pytest.MonkeyPatch.context() as patched:
        usual = MongoMemory._set
        names: list[str] = []

        def set_until_small(self: MongoMemory, **parameter: object) -> None:
            names.extend(parameter)
            if len(names) > 2:
                raise LostAnswerError
            usual(self, **parameter)

        patched.setattr(MongoMemory, "_set", set_until_small)
        with pytest.raises(LostAnswerError):
            memory.release()
    small = settings(client)
    memory.look(1)

    assert (mongo_memory.SMALL_MIB, True) == small
    assert (CACHE_MIB, False) == settings(client)


def test_it_looks_by_itself_as_long_as_the_system_runs(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = threading.Semaphore(0)

    def look(_: MongoMemory, __: float) -> bool:
        looks.release()
        return False

    monkeypatch.setattr(mongo_memory, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(MongoMemory, "look", look)
    with released_when_quiet(url, print):
        assert looks.acquire(timeout=10)
        assert looks.acquire(timeout=10)
    wait_for_the_end_of_its_thread()


def test_a_mongod_that_cannot_is_told_once_and_left_alone(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def look(memory: MongoMemory, _: float) -> bool:
        memory._set(noSuchParameter=1)
        return False

    monkeypatch.setattr(mongo_memory, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(MongoMemory, "look", look)
    with released_when_quiet(url, said.append):
        wait_until(lambda: said, 10, "what is said")
        wait_for_the_end_of_its_thread()

    assert 1 == len(said)
    assert "noSuchParameter" in said[0]
