"""The frame loop: one frame for all viewers, no queue for a slow one, an end when it closes."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from dashboard.state.model import Model
from dashboard.stream import RETRY, Broadcaster
from tests.support.snapshots import ZONE
from tillstream.clock import BusinessDay

NOW = 1_795_000_000.0
T = TypeVar("T")


class Ticking:
    """A clock that goes on by a second at each reading."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        self.now += 1
        return self.now


def broadcaster(max_viewers: int = 10) -> Broadcaster:
    return Broadcaster(Model(BusinessDay(ZoneInfo(ZONE)), NOW), Ticking(), max_viewers)


def viewer(shared: Broadcaster) -> AsyncGenerator[bytes]:
    return cast("AsyncGenerator[bytes]", shared.frames())


def run(scene: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(scene, 10))


def content(event: bytes) -> Any:
    data = event.removeprefix(RETRY).partition(b"data: ")[2]
    return json.loads(data)


def test_a_viewer_gets_a_whole_frame_at_once_and_then_the_newest_points() -> None:
    async def scene() -> list[tuple[int, bool]]:
        shared = broadcaster()
        shared.make_frame()
        async with aclosing(viewer(shared)) as stream:
            first = content(await anext(stream))
            shared.make_frame()
            second = content(await anext(stream))
        return [(frame["seq"], frame["whole"]) for frame in (first, second)]

    assert [(1, True), (2, False)] == run(scene())


def test_all_viewers_share_the_bytes_of_a_frame() -> None:
    async def scene() -> tuple[bool, bool]:
        shared = broadcaster()
        shared.make_frame()
        async with aclosing(viewer(shared)) as one, aclosing(viewer(shared)) as other:
            firsts = [await anext(one), await anext(other)]
            shared.make_frame()
            nexts = [await anext(one), await anext(other)]
        return firsts[0] == firsts[1], nexts[0] is nexts[1]

    assert (True, True) == run(scene())


def test_a_viewer_that_missed_frames_gets_a_whole_one() -> None:
    async def scene() -> list[tuple[int, bool]]:
        shared = broadcaster()
        shared.make_frame()
        async with aclosing(viewer(shared)) as slow:
            await anext(slow)
            for _ in range(3):
                shared.make_frame()
            whole = content(await anext(slow))
            shared.make_frame()
            newest = content(await anext(slow))
        return [(frame["seq"], frame["whole"]) for frame in (whole, newest)]

    assert [(4, True), (5, False)] == run(scene())


def test_a_waiting_viewer_is_woken_by_the_next_frame() -> None:
    async def scene() -> int:
        shared = broadcaster()
        shared.make_frame()
        async with aclosing(viewer(shared)) as stream:
            await anext(stream)
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            shared.make_frame()
            return int(content(await waiting)["seq"])

    assert 2 == run(scene())


def test_closing_ends_every_stream() -> None:
    async def scene() -> list[int]:
        shared = broadcaster()
        shared.make_frame()
        streams = [viewer(shared) for _ in range(3)]
        for stream in streams:
            await anext(stream)
        shared.close()
        return [len([event async for event in stream]) for stream in streams]

    assert [0, 0, 0] == run(scene())


def test_viewers_are_counted_and_their_number_has_a_bound() -> None:
    async def scene() -> list[tuple[int, bool]]:
        shared = broadcaster(max_viewers=1)
        shared.make_frame()
        seen = [(shared.viewers, shared.full)]
        async with aclosing(viewer(shared)) as stream:
            await anext(stream)
            seen.append((shared.viewers, shared.full))
        seen.append((shared.viewers, shared.full))
        return seen

    assert [(0, False), (1, True), (0, False)] == run(scene())
