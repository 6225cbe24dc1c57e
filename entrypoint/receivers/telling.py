"""Tells each 2 s on the exchange `receivers` what this process of the door has refused."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from tillstream.clock import Clock
from tillstream.errors import NotConfirmedError
from tillstream.receivers.snapshots import RefusedSnapshot
from tillstream.runtime.periodic import DETAILS_SECONDS

log = structlog.get_logger()


async def keep_telling(
    publish: Callable[[bytes], Awaitable[None]],
    refused: Callable[[], Mapping[str, Mapping[str, int]]],
    door: str,
    clock: Clock,
) -> None:
    """Until cancelled; nothing while nothing was refused. `door` names this process.

    What a broker that is away did not get is in the next one: figures are absolute.
    """
    while True:
        await asyncio.sleep(DETAILS_SECONDS)
        found = {name: dict(reasons) for name, reasons in refused().items()}
        if not found:
            continue
        snapshot = RefusedSnapshot(door=door, refused=found, as_of=clock())
        try:
            await publish(msgspec.json.encode(snapshot))
        except NotConfirmedError as error:
            log.debug("refusals are not told now", reason=str(error))
