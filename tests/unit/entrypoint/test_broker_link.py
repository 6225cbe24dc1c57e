"""The door's connection to a broker that is away."""

import asyncio
import gc
import logging
import warnings
from pathlib import Path

import pytest
import tenacity

from entrypoint.broker_link import BrokerLink
from entrypoint.disk_watch import DiskWatch
from local.ports import free_port
from tillstream.runtime.disk import FreeSpace
from tillstream.topology import deliveries_queue


class Link(BrokerLink):
    """Says when an attempt to connect has failed."""

    failed: asyncio.Event

    def _report(self, state: tenacity.RetryCallState) -> None:
        super()._report(state)
        self.failed.set()


def test_a_connection_that_failed_leaves_nothing_to_be_ended_by_whoever_collects_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Lines that are captured would keep the errors, and with them the connections.
    caplog.set_level(logging.CRITICAL, "aiormq")
    url = f"amqp://guest:guest@127.0.0.1:{free_port()}/"

    async def fail() -> None:
        failed = asyncio.Event()
        link = Link(url, 1, DiskWatch(FreeSpace(tmp_path, None)), deliveries_queue("7D", 10**8))
        link.failed = failed
        connecting = asyncio.create_task(link.keep_connected())
        async with asyncio.timeout(20):
            for _ in range(2):
                await failed.wait()
                failed.clear()
        connecting.cancel()
        await asyncio.wait([connecting])
        # Any thread of the door may be the one that does it; it has no loop.
        await asyncio.to_thread(gc.collect)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.disable()
        try:
            asyncio.run(fail())
        finally:
            gc.enable()

    assert [str(one.message) for one in told] == []
