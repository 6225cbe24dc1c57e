"""A door that is told to stop answers every request that it took, and tells the truth."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import free_port
from tests.support.processes import answers, running
from tests.support.receipts import receipt
from tests.support.waiting import wait_until

CLIENTS = 20


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_door_that_is_told_to_stop_loses_no_request(
    amqp_url: str, published: Callable[[], list[dict[str, Any]]], workers: str, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "AMQP_URL": amqp_url,
        "ENTRYPOINT_PORT": str(port),
        # The door's count, which is not that of the chain whose folder is the default.
        "DATA_DIR": str(tmp_path),
    }
    with running("entrypoint", "--workers", workers, **settings) as door:
        wait_until(lambda: answers(f"{url}/health/ready"), 30, "the entrypoint")
        accepted, outcomes = asyncio.run(
            send_until_refused(url, lambda: door.send_signal(signal.SIGTERM))
        )
        status = door.wait(20)

    stored = {fields["cashReceiptID"] for fields in published()}
    assert 0 == status
    assert set() == accepted - stored
    assert len(accepted) >= CLIENTS
    # A closed listener refuses or resets; a taken request is answered, never left hanging.
    assert {202, "refused"} >= {str(k) if k != 202 else k for k in outcomes} - {"503"}


async def send_until_refused(
    url: str, stop: Callable[[], None]
) -> tuple[set[int], Counter[int | str]]:
    """Send from many clients, stop the door amid it, go on until it refuses."""
    accepted: set[int] = set()
    outcomes: Counter[int | str] = Counter()

    async def send(client: httpx.AsyncClient, first: int) -> None:
        for number in range(first, first + 10_000):
            try:
                answer = await client.post(f"{url}/receipt", json=receipt(number))
            except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
                outcomes["refused"] += 1
                return
            outcomes[answer.status_code] += 1
            if answer.status_code == 202:
                accepted.add(number)
            if len(accepted) == 10 * CLIENTS:
                stop()

    async with httpx.AsyncClient(timeout=10) as client:
        async with asyncio.timeout(60):
            await asyncio.gather(*(send(client, 10_000 * n) for n in range(CLIENTS)))
    return accepted, outcomes
