"""What runs in a container beside the rooms: the health check, and what holds a wrong setting."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "deploy" / "containers"


class Answers(BaseHTTPRequestHandler):
    """The status that the path names."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def held(script: str) -> subprocess.Popen[str]:
    """`hold` with a script of a shell."""
    return subprocess.Popen(
        ["bash", str(SCRIPTS / "hold"), "bash", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("status", "end"), [(200, 0), (302, 0), (404, 1), (503, 1)])
def test_a_service_is_healthy_by_its_answer(port: int, status: int, end: int) -> None:
    done = subprocess.run(
        ["bash", str(SCRIPTS / "healthy"), str(port), f"/{status}"], timeout=20, check=False
    )

    assert end == done.returncode


def test_a_service_that_does_not_listen_is_not_healthy() -> None:
    # Nothing listens on the port of tcpmux.
    done = subprocess.run(
        ["bash", str(SCRIPTS / "healthy"), "1", "/"], capture_output=True, timeout=20, check=False
    )

    assert 1 == done.returncode


@pytest.mark.parametrize("status", [0, 3, 73])
def test_a_command_ends_as_without_hold(status: int) -> None:
    with held(f"exit {status}") as process:
        process.communicate(timeout=20)

    assert status == process.returncode


def test_a_command_reads_its_standard_input() -> None:
    with held("cat") as process:
        out, _ = process.communicate("a line", timeout=20)

    assert "a line" == out


def test_sigterm_reaches_the_command_and_its_end_is_waited_for() -> None:
    script = "trap 'sleep 0.3; echo cleaned; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
    with held(script) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)

    assert ("ready\n", "cleaned\n", 5) == (ready, out, process.returncode)


def test_a_wrong_setting_is_waited_with_until_somebody_ends_it() -> None:
    with held("exit 78") as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        process.communicate(timeout=20)

    said = "error: not tried again until it is mended: change .env, then docker compose up -d\n"
    assert (said, -signal.SIGTERM) == (line, process.returncode)
