"""Ports of the private servers: free, kept, and never one that an outgoing connection may take."""

import socket
from pathlib import Path

import pytest

from local.ports import (
    eligible,
    free_port,
    is_free,
    kept_ports,
    outgoing,
    require_free,
)
from tillstream.errors import PortTakenError


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
