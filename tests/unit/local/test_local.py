"""The parts of a local run that need no server: ports, the log follower, the lock, the plan."""

import io
import os
import socket
from pathlib import Path

import pytest

from local.follow import Follower
from local.lock import locked
from local.ports import (
    eligible,
    free_port,
    is_free,
    kept_ports,
    outgoing,
    require_free,
)
from local.programs import rooms
from local.settings import ROOT, LocalSettings
from tillstream.errors import PortTakenError, TillstreamError


def test_kept_ports_are_free_distinct_and_the_same_again(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = kept_ports(file, ("amqp", "epmd"))
    again = kept_ports(file, ("amqp", "epmd", "mongo"))

    assert again == {**first, "mongo": again["mongo"]}
    assert len(set(again.values())) == 3
    assert all(is_free(port) for port in again.values())


def test_no_port_is_one_that_an_outgoing_connection_may_take() -> None:
    first, last = outgoing()
    ports = [free_port() for _ in range(200)]

    assert [port for port in ports if first <= port <= last] == []


@pytest.mark.parametrize(
    ("first_outgoing", "last_outgoing", "first", "last"),
    [
        (32_768, 60_999, 20_000, 32_000),
        (25_000, 60_999, 20_000, 24_999),
        (15_000, 65_535, 10_000, 14_999),
        (10_000, 30_000, 30_001, 32_000),
        (1_024, 60_000, 61_000, 65_000),
        # All of them are for outgoing connections: there is nothing better.
        (1_024, 65_535, 20_000, 32_000),
    ],
)
def test_ports_are_taken_beside_those_of_outgoing_connections(
    first_outgoing: int, last_outgoing: int, first: int, last: int
) -> None:
    ports = eligible(first_outgoing, last_outgoing)

    assert (ports[0], ports[-1]) == (first, last)


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
        with pytest.raises(PortTakenError) as caught:
            require_free(port, "DASHBOARD_PORT")

    assert (caught.value.port, caught.value.variable) == (port, "DASHBOARD_PORT")


def test_a_locked_folder_names_who_has_it_and_is_free_afterwards(tmp_path: Path) -> None:
    message = f"in use by another script/server .process {os.getpid()}."
    with locked(tmp_path), pytest.raises(TillstreamError, match=message), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_folder_stays_locked_when_its_note_is_deleted(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / "lock").unlink()
        with pytest.raises(TillstreamError, match="in use"), locked(tmp_path):
            pass


def test_a_held_folder_that_is_moved_is_noticed(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with locked(data_dir) as held:
        held.require_held()
        data_dir.rename(tmp_path / "elsewhere")
        with pytest.raises(TillstreamError, match="deleted or moved"):
            held.require_held()
        data_dir.mkdir()
        with pytest.raises(TillstreamError, match="deleted or moved"):
            held.require_held()


def test_a_data_folder_is_closed_to_others_unless_all_write_to_it(tmp_path: Path) -> None:
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    for folder, mode in ((ours, 0o755), (shared, 0o1777)):
        folder.mkdir()
        folder.chmod(mode)
        with locked(folder):
            pass

    modes = [folder.stat().st_mode & 0o7777 for folder in (ours, shared)]
    assert modes == [0o700, 0o1777]


def test_a_terminal_that_takes_no_more_ends_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        Follower(tmp_path, [], full).say("lost")
        # Closing the file writes what it still has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


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
