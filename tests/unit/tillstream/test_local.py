"""The parts of a local run that need no server: ports, the log follower, the lock, the plan."""

import io
import os
import socket
from pathlib import Path

import pytest

from tillstream.errors import PortTaken, TillstreamError
from tillstream.local.follow import Follower
from tillstream.local.lock import locked
from tillstream.local.ports import FIRST, LAST, is_free, kept_ports, require_free
from tillstream.local.programs import rooms
from tillstream.local.settings import ROOT, LocalSettings


def test_kept_ports_are_free_distinct_and_the_same_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_ports(file, ("amqp", "epmd"))
    again = kept_ports(file, ("amqp", "epmd", "mongo"))

    assert again == {**first, "mongo": again["mongo"]}
    assert len(set(again.values())) == 3
    assert all(FIRST <= port <= LAST and is_free(port) for port in again.values())


def test_a_kept_port_that_is_taken_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_ports(file, ("amqp", "mongo"))
    with socket.create_server(("127.0.0.1", first["amqp"])):
        again = kept_ports(file, ("amqp", "mongo"))

    assert again["mongo"] == first["mongo"]
    assert again["amqp"] != first["amqp"]


def test_a_broken_file_of_ports_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text("{")
    ports = kept_ports(file, ("amqp",))

    assert kept_ports(file, ("amqp",)) == ports


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_taken_port_names_the_variable_that_moves_it(host: str) -> None:
    with socket.create_server((host, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            require_free(port, "DASHBOARD_PORT")

    assert (caught.value.port, caught.value.variable) == (port, "DASHBOARD_PORT")


def test_a_locked_folder_names_who_has_it_and_is_free_afterwards(tmp_path: Path) -> None:
    message = f"in use by another script/server .process {os.getpid()}."
    with locked(tmp_path), pytest.raises(TillstreamError, match=message), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_the_follower_copies_whole_lines_from_now_on_through_a_rotation(tmp_path: Path) -> None:
    old = tmp_path / "a.log"
    old.write_text("before\n")
    terminal = io.StringIO()
    with Follower(tmp_path, ["a", "late"], terminal):
        with old.open("a") as file:
            file.write("one\ntwo is ")
            file.flush()
            old.rename(tmp_path / "a.log.1")
            file.write("whole\n")
        old.write_text("new file\n")
        (tmp_path / "late.log").write_text("late\nunfinished")

    assert terminal.getvalue().splitlines() == [
        "a    | one",
        "a    | two is whole",
        "a    | new file",
        "late | late",
    ]


def test_the_generator_can_be_left_out() -> None:
    with_generator = [program.name for program in rooms(generator=True)]
    without = [program.name for program in rooms(generator=False)]

    assert with_generator == [*without, "generator"]
    assert without == [
        "entrypoint",
        "totals",
        "rate",
        "persistence",
        "archive-api",
        "dashboard",
    ]


def test_a_relative_data_dir_lies_in_the_clone() -> None:
    assert LocalSettings().data_path() == ROOT / "var"
    assert LocalSettings(data_dir="/srv/till").data_path() == Path("/srv/till")
