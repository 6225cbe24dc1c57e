"""A port is held by one program, and may be shared by the processes of that one."""

import contextlib
import pickle
import socket
from collections.abc import Callable

import pytest

from local.ports import free_port
from tillstream.errors import PortTakenError
from tillstream.runtime import ports


@pytest.mark.parametrize("hold", [ports.listen, ports.share])
def test_a_port_that_is_held_is_given_to_nobody_else(
    hold: Callable[[str, int, str], socket.socket],
) -> None:
    for taking in (ports.listen, ports.share):
        with hold("127.0.0.1", 0, "ENTRYPOINT_PORT") as held:
            port = held.getsockname()[1]
            with pytest.raises(PortTakenError) as caught:
                taking("127.0.0.1", port, "ENTRYPOINT_PORT")

        assert (caught.value.port, caught.value.variable) == (port, "ENTRYPOINT_PORT")


def test_each_process_that_a_shared_port_is_sent_to_listens_for_itself() -> None:
    with ports.share("127.0.0.1", 0, "ENTRYPOINT_PORT") as shared:
        first, second = (pickle.loads(pickle.dumps(shared)) for _ in range(2))  # noqa: S301 - ours
        with first, second:
            address = shared.getsockname()
            for _ in range(200):
                socket.create_connection(address, timeout=5).close()
            accepted = [_accept_all(listener) for listener in (first, second)]

    assert 200 == sum(accepted)
    assert min(accepted) > 0


def _accept_all(listener: socket.socket) -> int:
    listener.setblocking(False)
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


def test_a_shared_port_is_free_again_while_its_connections_linger() -> None:
    port = free_port()
    with (
        ports.share("127.0.0.1", port, "PORT") as shared,
        pickle.loads(pickle.dumps(shared)) as listener,  # noqa: S301 - our own
    ):
        client = socket.create_connection(("127.0.0.1", port))
        served, _ = listener.accept()
        # Whoever closes first waits for what may still be on its way.
        served.close()
        client.close()

    with ports.share("127.0.0.1", port, "PORT") as again:
        assert port == again.getsockname()[1]
