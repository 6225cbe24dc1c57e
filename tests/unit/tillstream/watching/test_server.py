"""The small HTTP server: four pages, and nothing that a bad client could hold."""

import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tillstream.runtime.settings import WatchSettings
from tillstream.runtime.watching import server
from tillstream.runtime.watching.pages import LIVE, METRICS, READY, VERSION, pages
from tillstream.runtime.watching.watched import Watched


@pytest.fixture
def process() -> Watched:
    """A process that is watched."""
    return Watched("totals")


@pytest.fixture
def url(process: Watched) -> Iterator[str]:
    """Where it is watched."""
    of_it = pages(process.vitals, process.registry)
    with server.serving(WatchSettings().watch_host, 0, "totals", of_it) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_process_that_works_is_live_and_ready_and_says_how_far_behind(
    url: str, process: Watched
) -> None:
    process.vitals.turn()
    process.vitals.connected()
    process.vitals.behind(3, 1.5)

    assert [
        {"component": "totals", "status": "live"},
        {"component": "totals", "status": "behind", "behindMessages": 3, "behindSeconds": 1.5},
    ] == [httpx.get(url + path).raise_for_status().json() for path in (LIVE, READY)]


def test_one_that_is_not_connected_is_live_and_not_ready(url: str, process: Watched) -> None:
    process.vitals.turn()
    process.vitals.away("the broker is away")

    answer = httpx.get(url + READY)

    assert 200 == httpx.get(url + LIVE).status_code
    assert (503, "the broker is away") == (answer.status_code, answer.json()["reason"])


def test_figures_and_version_are_those_of_the_process(url: str) -> None:
    lines = httpx.get(url + METRICS).text.splitlines()

    assert 'tillstream_build_info{component="totals",version="0.1.0"} 1.0' in lines
    assert "tillstream_ready 0.0" in lines
    assert "totals" == httpx.get(url + VERSION).json()["component"]


def test_bad_requests_are_refused_in_the_same_form(url: str) -> None:
    bad = [httpx.post(url + LIVE), httpx.get(url + "/secrets")]

    assert [405, 404] == [answer.status_code for answer in bad]
    assert ["method not allowed", "not found"] == [answer.json()["status"] for answer in bad]


def test_clients_that_send_nothing_are_dropped_and_hold_nobody(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.3)
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    silent = [socket.create_connection(address, 5) for _ in range(server.MAX_CONNECTIONS + 2)]
    begun = time.monotonic()
    said = [one.recv(1) for one in silent]
    for one in silent:
        one.close()

    assert [b""] * len(silent) == said
    assert time.monotonic() - begun < 3
    assert 200 == httpx.get(url + LIVE).status_code


def test_a_head_without_an_end_is_dropped(url: str) -> None:
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    with socket.create_connection(address, 5) as endless:
        endless.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000)
        try:
            said = endless.recv(100)
        except ConnectionResetError:
            said = b""

    assert said == b""
