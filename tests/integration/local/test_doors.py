"""Doors as processes: several on a port end with their parent, a taken port ends a start."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from local import processes
from local.ports import free_port, is_free
from local.programs import SERVERS, Program
from local.supervisor import Condition, Supervisor
from tests.support.processes import answers, running
from tests.support.waiting import wait_until
from tillstream.errors import ServerNotReadyError

#: Where nobody listens: a room that finds its port taken does not come so far.
NOWHERE = {
    "AMQP_URL": "amqp://127.0.0.1:1/",
    "MONGO_URL": "mongodb://127.0.0.1:1/?replicaSet=rs0",
}


@pytest.mark.parametrize("frozen", [False, True])
def test_doors_end_with_their_parent(frozen: bool, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        **NOWHERE,
        "ENTRYPOINT_PORT": str(port),
        "ENTRYPOINT_WORKERS": "2",
        "DATA_DIR": str(tmp_path),
    }
    with running("entrypoint", **settings) as parent:
        wait_until(lambda: answers(f"{url}/health/live"), 30, "a door")
        doors = processes.descendants(parent.pid)
        # Two doors, and the process that watches over what they share.
        assert len(doors) >= 2
        if frozen:
            # Not a process of a door that checks the definitions and ends.
            os.kill(psutil.Process(parent.pid).children()[-1].pid, signal.SIGSTOP)
        parent.kill()
        parent.wait(20)
        wait_until(lambda: not any(map(processes.is_alive, doors)), 20, "the doors' end")

    assert is_free(port)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health/live")


@pytest.mark.parametrize(
    ("room", "variable"),
    [
        ("entrypoint", "ENTRYPOINT_PORT"),
        ("dashboard", "DASHBOARD_PORT"),
        ("persistence api", "ARCHIVE_API_PORT"),
    ],
)
def test_a_room_whose_port_is_taken_meanwhile_ends_the_start_with_one_line(
    room: str, variable: str, tmp_path: Path
) -> None:
    never = Condition("room", "an answer", lambda: False)
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        settings = {**NOWHERE, variable: str(port), "DATA_DIR": str(tmp_path)}
        argv = (sys.executable, "-m", *room.split())
        started = time.monotonic()
        with (
            Supervisor(tmp_path, [Program("room", argv, settings, SERVERS)]) as supervisor,
            pytest.raises(ServerNotReadyError) as caught,
        ):
            supervisor.wait_for([never], timeout_seconds=60)

    line = (
        f"room does not start: port {port} is taken by another program; "
        f"set {variable} to a free port"
    )
    assert str(caught.value) == line
    assert time.monotonic() - started < 40
