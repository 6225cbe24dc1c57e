"""Imports to a real door on a real broker: each receipt once, whatever is refused or killed."""

import json
import signal
import subprocess
import sys
import threading
import zipfile
from argparse import Namespace
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from connectors.files import command, formats
from connectors.files.amounts import exponent_of
from generator.dsfinvk.command import write
from local.ports import free_port
from tests.conftest import delete_queues
from tests.support.processes import answers, ended
from tests.support.relay import Relay
from tests.support.waiting import wait_until
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.identity import identity_of
from tillstream.log.looking_up import last_offset
from tillstream.log.reader import reading
from tillstream.money import minor_units
from tillstream.runtime import broker as amqp

SAMPLES = Path(__file__).parents[3] / "receivers" / "samples"
RECEIPTS = 6_000
#: Seeds of exports, so that no test meets the receipts of another.
_seeds = count(100)


class System(NamedTuple):
    """A broker, and a door that can be killed and started again on its port."""

    amqp_url: str
    port: int
    folder: Path
    doors: list[subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, environ: dict[str, str]) -> None:
        """A door; `kill` ends it."""
        with (self.folder / "log").open("ab") as log:
            self.doors.append(
                subprocess.Popen(
                    [sys.executable, "-m", "entrypoint"], env=environ, stdout=log, stderr=log
                )
            )
        wait_until(lambda: answers(f"{self.url}/health/ready"), 60, "the door")

    def kill(self) -> None:
        door = self.doors.pop()
        door.send_signal(signal.SIGKILL)
        door.wait(20)

    def logged(self, since: int) -> list[dict[str, Any]]:
        """The receipts of the log after an offset, each identity once."""
        last = last_offset(self.amqp_url)
        if last is None or last <= since:
            return []
        found: list[bytes] = []
        with reading(self.amqp_url, since + 1) as reader:
            end = since
            while end < last:
                for message in reader.read(1):
                    found += receipt_bodies(
                        message.body, message.content_type, message.content_encoding
                    )
                    end = message.offset
                reader.done()
        return list(
            {identity_of(decode_receipt(line)): json.loads(line) for line in found}.values()
        )

    def end(self) -> int:
        """The offset of the log's last message, -1 where it has none."""
        last = last_offset(self.amqp_url)
        return -1 if last is None else last


@pytest.fixture(scope="module")
def environ(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("imports")
    return {
        "AMQP_URL": amqp_url,
        "ENTRYPOINT_PORT": str(free_port()),
        "DATA_DIR": str(folder),
        "REFUSE_RULES": "all",
    }


@pytest.fixture(scope="module")
def system(environ: dict[str, str], amqp_url: str) -> Iterator[System]:
    delete_queues(amqp_url)
    with amqp.connect(amqp_url, "tests") as connection:
        amqp.declare(connection.channel())
    system = System(amqp_url, int(environ["ENTRYPOINT_PORT"]), Path(environ["DATA_DIR"]), [])
    system.start(environ)
    try:
        yield system
    finally:
        for door in system.doors:
            with ended(door):
                pass
        delete_queues(amqp_url)


@pytest.fixture(autouse=True)
def door_url(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRYPOINT_URL", system.url)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.zip"
    write(path, RECEIPTS, seed=next(_seeds))
    # Another shop for each test.
    return renamed(path, tmp_path / "shop.zip", f"Filiale {next(_seeds)} ")


def renamed(path: Path, out: Path, shop: str) -> Path:
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            target.writestr(name, text.replace("Filiale ", shop))
    return out


def imported(*files: Path) -> int:
    arguments = Namespace(files=list(files), check=False, ndjson=None, store=[])
    return command.run(arguments, threading.Event())


def sums(receipts: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Receipts, gross and net in minor units."""
    totals = [each["documentTotal"] for each in receipts]
    return (
        len(receipts),
        sum(minor_units(total["grossTotal"]) for total in totals),
        sum(minor_units(total["netTotal"]) for total in totals),
    )


def read(path: Path) -> list[dict[str, Any]]:
    with formats.opened(path, exponent_of) as reader:
        return [found.receipt for found in reader.receipts()]


@pytest.mark.parametrize("name", ["dsfinvk", "saft_pt", "poslog"])
def test_the_door_takes_every_sample_under_every_rule_and_a_second_time_adds_nothing(
    system: System, name: str
) -> None:
    files = sorted(SAMPLES.glob(f"{name}/*/export*"))
    expected = [
        receipt
        for file in files
        for receipt in json.loads((file.parent / "receipts.json").read_bytes())
    ]
    before = system.end()

    first = imported(*files)
    once = system.logged(before)
    second = imported(*files)
    twice = system.logged(before)

    assert (0, 0) == (first, second)
    assert sums(expected) == sums(once) == sums(twice)


def test_what_the_door_refuses_is_named_and_the_rest_is_taken(
    system: System, export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(export) as source, zipfile.ZipFile(broken, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "transactions.csv":
                head, first, rest = text.split("\r\n", 2)
                # A year that the contract has not.
                text = "\r\n".join([head, first.replace('"2026-01-02T06', '"2026-13-02T06'), rest])
            target.writestr(name, text)
    before = system.end()

    status = imported(broken)

    said = capsys.readouterr().out
    assert 1 == status
    assert "refused: broken.zip/transactions.csv:2: " in said
    assert f"{RECEIPTS - 1:,} receipts accepted, 1 refused" in said
    assert RECEIPTS - 1 == len(system.logged(before))


def test_a_door_that_is_killed_and_comes_back_loses_nothing(
    system: System, export: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = system.end()
    status: list[int] = []
    thread = threading.Thread(target=lambda: status.append(imported(export)))
    # Of its connections one is carried: however fast it is, it is in the middle meanwhile.
    with Relay("127.0.0.1", system.port, most=1) as relay:
        monkeypatch.setenv("ENTRYPOINT_URL", f"http://127.0.0.1:{relay.port}")
        relay.mend()
        thread.start()
        wait_until(lambda: system.end() > before, 60, "the first receipts")
        system.kill()
        assert thread.is_alive()
        system.start(environ)
        relay.cut()
        relay.carry_all()
        relay.mend()
        thread.join(120)

    assert [0] == status
    assert sums(read(export)) == sums(system.logged(before))


def test_an_import_that_is_killed_is_done_again_to_the_exact_sums(
    system: System, export: Path, environ: dict[str, str]
) -> None:
    before = system.end()
    # As above.
    with Relay("127.0.0.1", system.port, most=1) as relay:
        relay.mend()
        process = subprocess.Popen(
            [sys.executable, "-m", "connectors", "import", str(export)],
            env=environ | {"ENTRYPOINT_URL": f"http://127.0.0.1:{relay.port}"},
            stdout=subprocess.DEVNULL,
        )
        with ended(process):
            wait_until(lambda: system.end() > before, 60, "the first receipts")
            process.kill()
    part = len(system.logged(before))

    assert 0 == imported(export)
    assert 0 < part < RECEIPTS
    assert sums(read(export)) == sums(system.logged(before))
