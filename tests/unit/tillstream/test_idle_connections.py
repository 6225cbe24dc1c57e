"""A connection between requests is closed after its time, not after a server that stood still."""

from tillstream.http.idle_protocol import IdleProtocol


class Transport:
    closed = False

    def close(self) -> None:
        self.closed = True


class Waiting(IdleProtocol):
    """A connection on which nothing comes."""

    idle = True

    def __init__(self) -> None:
        self.transport = Transport()  # type: ignore[assignment]
        self._idle_since = self._looked_at = 0.0


def closed_at(looks: list[float]) -> float | None:
    connection = Waiting()
    for now in looks:
        connection.end_idle(now, 5.0)
        if connection.transport.closed:  # type: ignore[attr-defined]
            return now
    return None


def test_a_connection_that_waits_too_long_is_closed() -> None:
    assert 106.0 == closed_at([100.0 + each for each in range(10)])


def test_a_server_that_stood_still_reads_what_came_before_it_closes() -> None:
    assert None is closed_at([100.0, 101.0, 121.0, 122.0])
    assert 124.0 == closed_at([100.0, 101.0, 121.0, 122.0, 123.0, 124.0])
