"""Laws of the delays: from when a receipt was due to the first look that shows as many."""

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from loadtest.bench.observer import Sample, delays, percentile, reached
from loadtest.http_client import Load, post, send

SAMPLES = [Sample(10.0, 5), Sample(11.0, 7), Sample(12.0, 7), Sample(13.0, 9)]


def test_a_receipt_is_there_at_the_first_look_that_shows_as_many() -> None:
    assert [1.5, 1.0, 2.5, 2.0] == delays([9.5, 10.0, 10.5, 11.0], 5, SAMPLES)


def test_what_no_look_shows_is_left_out() -> None:
    assert [4.0] == delays([9.0, 9.0], 8, SAMPLES)


def test_a_number_is_reached_when_it_is_seen_first() -> None:
    assert (11.0, 13.0, None) == tuple(reached(SAMPLES, receipts) for receipts in (6, 8, 10))


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_no_less_than_the_median(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)

    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


async def _answering(
    handle: Callable[[bytes], tuple[int, float]], load: Load, bodies: list[bytes]
) -> tuple[list[tuple[int, int]], list[float], list[bytes]]:
    """What came of a load at a server of our own: fates, delays, requests."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            requests.append(head + body)
            status, wait = handle(body)
            await asyncio.sleep(wait)
            writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}" % status)

    def ended(_: object, context: dict[str, object]) -> None:
        """The client has hung up."""

    asyncio.get_running_loop().set_exception_handler(ended)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    left = iter(bodies)
    sent = await send("127.0.0.1", port, load, lambda: next(left, b""))
    server.close()
    fates = [(one.receipts, one.status) for one in sent]
    return fates, [one.answered - one.due for one in sent], requests


def test_every_body_is_posted_once_and_has_its_status() -> None:
    bodies = [b"%d" % number for number in range(40)]
    fates, _, requests = asyncio.run(
        _answering(
            lambda body: (202 if int(body) % 2 else 503, 0.0), Load(None, 1, 4, 30.0), bodies
        )
    )

    assert ([(1, 202)] * 20 + [(1, 503)] * 20) == sorted(fates)
    assert sorted(bodies) == sorted(request.partition(b"\r\n\r\n")[2] for request in requests)


def test_a_slow_answer_is_counted_from_when_the_receipt_was_due() -> None:
    # One connection, answers of 50 ms, a receipt due every 10 ms: the tenth waits for nine.
    _, waits, _ = asyncio.run(
        _answering(lambda _: (202, 0.05), Load(100.0, 1, 1, 0.1), [b"x"] * 10)
    )

    assert 10 == len(waits)
    assert waits[-1] >= 10 * 0.05 - 9 * 0.01


def test_a_batch_goes_to_the_door_for_batches() -> None:
    assert post("door", 1, 2, b"a\nb").startswith(b"POST /receipts HTTP/1.1\r\nHost: door:1\r\n")
    assert b"Content-Type: application/x-ndjson\r\nContent-Length: 3" in post("door", 1, 2, b"a\nb")
