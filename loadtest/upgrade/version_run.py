"""One version at work on a data folder, from its own clone: started, asked, ended."""

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from pymongo import MongoClient

from loadtest.waiting import wait_until
from tillstream.errors import TillstreamError
from tillstream.runtime.settings import DATABASE

#: For the few receipts of a test, on a machine that does something else, too.
READY_SECONDS = 300.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 120.0
REQUEST_SECONDS = 20.0
#: Longest until the archive and the ledger have what the door has accepted.
REST_SECONDS = 120.0
LAST_CHARACTERS = 1_500

#: Of a report of `verify`: what no upgrade may change.
KEPT = ("accepted", "stored", "counted", "duplicates", "conflicts", "dead_lettered")


class VersionError(TillstreamError):
    """A version that did not start, take receipts, or agree with itself."""


class Found(NamedTuple):
    """What a version has and proves."""

    #: KEPT, of the report of `verify`.
    figures: dict[str, int]
    #: Receipts and gross cents of the archive, by business day.
    days: dict[str, tuple[int, int]]


class Running(NamedTuple):
    """A system of a version, ready."""

    clone: Path
    environ: dict[str, str]
    output: Path

    def send(self, receipts: Sequence[dict[str, Any]]) -> list[int]:
        """The status of each answer; raises VersionError where nobody answers."""
        url = f"http://127.0.0.1:{self.environ['ENTRYPOINT_PORT']}/receipt"
        try:
            with httpx.Client(timeout=REQUEST_SECONDS) as client:
                return [client.post(url, json=each).status_code for each in receipts]
        except httpx.HTTPError as error:
            raise VersionError(f"{url} takes no receipt: {error!r}") from error

    def at_rest(self, accepted: int) -> Found:
        """What it has, once `verify` ends with 0 and at least so many were accepted."""
        said = ""
        found: Found | None = None

        def rests() -> bool:
            nonlocal said, found
            done = self.command("analytics", "verify", "--json")
            said = (done.stdout + done.stderr)[-LAST_CHARACTERS:]
            if done.returncode:
                return False
            report = json.loads(done.stdout)
            found = Found({name: report[name] for name in KEPT}, self._days())
            return found.figures["accepted"] >= accepted

        if not wait_until(rests, REST_SECONDS, 1.0) or found is None:
            raise VersionError(f"{self.clone}: `verify` does not hold: {said}")
        return found

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`script/run python -m ...`, ended."""
        return subprocess.run(
            ["script/run", "python", "-m", *words],
            cwd=self.clone,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def _days(self) -> dict[str, tuple[int, int]]:
        address = _addresses(Path(self.environ["DATA_DIR"]))
        sums = {
            "$group": {"_id": "$businessDay", "n": {"$sum": 1}, "cents": {"$sum": "$grossMinor"}}
        }
        with MongoClient[dict[str, Any]](address["MONGO_URL"]) as client:
            found = client[address.get("MONGO_DATABASE", DATABASE)]["receipts"].aggregate([sums])
            return {str(each["_id"]): (each["n"], each["cents"]) for each in found}


@contextmanager
def running(
    clone: Path, environ: Mapping[str, str], output: Path, *options: str
) -> Iterator[Running]:
    """`script/server` of a clone, ready; ended by SIGTERM. Raises VersionError."""
    with output.open("ab") as told:
        process = subprocess.Popen(
            ["script/server", *options],
            cwd=clone,
            env=dict(environ),
            stdout=told,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            one = Running(clone, dict(environ), output)
            if not wait_until(lambda: _is_ready(process, environ), READY_SECONDS):
                raise VersionError(
                    f"{clone} was not ready in {READY_SECONDS:.0f} s: {_end(output)}"
                )
            yield one
        finally:
            status = _stopped(process)
    if status not in (0, -signal.SIGTERM):
        raise VersionError(f"{clone} ended with {status}: {_end(output)}")


def outside(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what another clone's run has put there."""
    ours = {"AMQP_URL", "MONGO_URL", "MONGO_DATABASE", "VIRTUAL_ENV", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in ours} | dict(environ)


def _is_ready(process: subprocess.Popen[bytes], environ: Mapping[str, str]) -> bool:
    if process.poll() is not None:
        raise VersionError(f"script/server ended with {process.returncode}")
    try:
        ports = (environ["ENTRYPOINT_PORT"], environ["ARCHIVE_API_PORT"])
        urls = [f"http://127.0.0.1:{port}/health/ready" for port in ports]
        return all(httpx.get(url, timeout=2).status_code == HTTPStatus.OK for url in urls)
    except httpx.HTTPError:
        return False


def _stopped(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(STOP_SECONDS)


def _addresses(data_dir: Path) -> dict[str, str]:
    words = shlex.split((data_dir / "addresses").read_text(), comments=True)
    return dict(word.split("=", 1) for word in words if "=" in word)


def _end(output: Path) -> str:
    return output.read_text(errors="replace")[-LAST_CHARACTERS:]
