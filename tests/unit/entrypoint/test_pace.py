"""The pace of messages: a lone receipt never waits, and what comes soon after one shares the next.

On a clock that goes from timer to timer, so that a test takes no time and its times are exact.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import pytest

from entrypoint.publish_pace import Pace
from entrypoint.publish_queue import (
    MAX_MESSAGE_BYTES,
    WORTHWHILE_ITEMS,
    InFlight,
)
from entrypoint.publisher import Publisher
from entrypoint.receipt_parcel import ReceiptParcel, compose
from entrypoint.settings import EntrypointSettings
from tillstream.errors import (
    BrokerAwayError,
    ConfirmTimeoutError,
    NotConfirmedError,
    SettingsError,
    ShuttingDownError,
)

PACE_SECONDS = 0.02
TIMEOUT_SECONDS = 5.0
SMALL = ReceiptParcel(b"x", 1)
LARGE = ReceiptParcel(b"x" * MAX_MESSAGE_BYTES, 1)


class LeapingSelector(selectors.DefaultSelector):
    """Nothing ever comes from outside: a wait for it moves the clock instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing would ever end this wait"
        self.now += timeout
        return []


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while anything is left to do."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


class Broker:
    """Keeps what is sent and when, in milliseconds; confirms after `confirm_seconds`."""

    def __init__(self, confirm_seconds: float = 0.001, error: Exception | None = None) -> None:
        self.sent: list[tuple[int, int]] = []
        self._confirm_seconds = confirm_seconds
        self._error = error

    async def send(self, body: bytes, _: str, content_encoding: str | None) -> None:
        assert content_encoding is None, "receipts of these tests are too small to be packed"
        self.sent.append((now_ms(), body.count(b"\n") + 1))
        await asyncio.sleep(self._confirm_seconds)
        if self._error is not None:
            raise self._error

    def note(self, accepted: Iterable[ReceiptParcel]) -> None:
        """Nothing is counted."""


class Till:
    """Submits receipts and keeps what it is told of each, and when."""

    def __init__(self, broker: Broker, pace_seconds: float = PACE_SECONDS) -> None:
        self.told: list[tuple[int, type[NotConfirmedError] | None]] = []
        self.publisher = Publisher(
            broker.send,
            compose,
            broker.note,
            InFlight(10_000, 2**26),
            Pace(TIMEOUT_SECONDS, pace_seconds),
        )

    def submit(self, times: int = 1, *parcels: ReceiptParcel) -> None:
        for parcel in (parcels or (SMALL,)) * times:
            self.publisher.submit(parcel, self._tell)

    def _tell(self, error: NotConfirmedError | None) -> None:
        self.told.append((now_ms(), None if error is None else type(error)))


def now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)


def at(milliseconds: float, act: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_at(milliseconds / 1000, act)


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(test)


def test_a_lone_receipt_goes_out_at_once_on_a_quiet_system() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        for milliseconds in (100, 120, 500):
            at(milliseconds, till.submit)
        await asyncio.sleep(1)

        assert [(100, 1), (120, 1), (500, 1)] == broker.sent
        assert [(101, None), (121, None), (501, None)] == till.told

    run(test())


def test_what_comes_within_the_pace_of_a_message_shares_the_next() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        for milliseconds in (100, 105, 110, 119, 125, 139):
            at(milliseconds, till.submit)
        await asyncio.sleep(1)

        assert [(100, 1), (120, 3), (140, 2)] == broker.sent

    run(test())


def test_without_a_pace_nothing_waits() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker, pace_seconds=0)
        for milliseconds in (100, 105, 110):
            at(milliseconds, till.submit)
        await asyncio.sleep(1)

        assert [(100, 1), (105, 1), (110, 1)] == broker.sent

    run(test())


def test_what_shares_no_message_does_not_wait_for_others() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        at(100, lambda: till.submit(2, ReceiptParcel(b"x", 1, alone=True)))
        at(105, lambda: till.submit(1, ReceiptParcel(b"x", 1, alone=True), SMALL, SMALL))
        await asyncio.sleep(1)

        assert [(100, 1), (100, 1), (105, 1), (125, 2)] == broker.sent

    run(test())


def test_what_is_worth_a_message_ignores_the_pace() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        at(100, till.submit)
        at(101, lambda: till.submit(WORTHWHILE_ITEMS - 1))
        at(105, till.submit)
        # The pace begins anew with that message: the timer of the one before sends nothing.
        at(110, till.submit)
        await asyncio.sleep(1)

        assert [(100, 1), (105, WORTHWHILE_ITEMS), (125, 1)] == broker.sent

    run(test())


def test_a_full_message_ignores_the_pace_however_few_its_receipts() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        at(100, till.submit)
        at(105, lambda: till.submit(1, LARGE))
        await asyncio.sleep(1)

        assert [(100, 1), (105, 1)] == broker.sent

    run(test())


def test_what_a_message_had_no_room_for_waits_for_the_pace() -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        at(100, till.submit)
        at(105, lambda: till.submit(1, LARGE, SMALL))
        await asyncio.sleep(1)

        assert [(100, 1), (105, 1), (125, 1)] == broker.sent

    run(test())


def test_past_the_pace_a_message_still_waits_for_a_place_in_flight() -> None:
    async def test() -> None:
        broker = Broker(confirm_seconds=0.1)
        till = Till(broker)
        for milliseconds in (100, 130, 160, 190):
            at(milliseconds, till.submit)
        await asyncio.sleep(1)

        assert [(100, 1), (130, 1), (200, 2)] == broker.sent

    run(test())


@pytest.mark.parametrize("milliseconds", [102, 119])
def test_closing_sends_at_once_what_the_pace_holds_back(milliseconds: int) -> None:
    async def test() -> None:
        broker = Broker()
        till = Till(broker)
        at(100, lambda: till.submit(1))
        at(101, lambda: till.submit(2))
        await asyncio.sleep(milliseconds / 1000)
        await till.publisher.close(10)

        assert [(100, 1), (milliseconds, 2)] == broker.sent
        assert [(101, None), *[(milliseconds + 1, None)] * 2] == till.told

    run(test())


def test_closing_sends_what_waits_for_a_place_as_soon_as_there_is_one() -> None:
    async def test() -> None:
        broker = Broker(confirm_seconds=0.1)
        till = Till(broker)
        for milliseconds in (100, 130, 160):
            at(milliseconds, till.submit)
        await asyncio.sleep(0.17)
        await till.publisher.close(10)

        assert [(100, 1), (130, 1), (200, 1)] == broker.sent
        assert [(200, None), (230, None), (300, None)] == till.told

    run(test())


def test_closing_fails_what_it_cannot_send_in_time() -> None:
    async def test() -> None:
        broker = Broker(confirm_seconds=1)
        till = Till(broker)
        for milliseconds in (100, 130, 160):
            at(milliseconds, till.submit)
        await asyncio.sleep(0.17)
        await till.publisher.close(0.1)
        await asyncio.sleep(0)

        assert [(100, 1), (130, 1)] == broker.sent
        assert [(270, ShuttingDownError)] * 3 == till.told
        assert 0 == till.publisher.items_in_flight

    run(test())


def test_a_failure_after_the_pace_is_told_to_all_that_shared_the_message() -> None:
    async def test() -> None:
        till = Till(Broker(error=BrokerAwayError()))
        for milliseconds in (100, 105, 110):
            at(milliseconds, till.submit)
        await asyncio.sleep(1)

        assert [(101, BrokerAwayError), *[(121, BrokerAwayError)] * 2] == till.told
        assert 0 == till.publisher.items_in_flight

    run(test())


def test_the_wait_for_the_pace_is_part_of_the_longest_wait() -> None:
    async def test() -> None:
        broker = Broker(confirm_seconds=60)
        till = Till(broker)
        at(100, till.submit)
        at(110, till.submit)
        await asyncio.sleep(10)

        assert [(100, 1), (120, 1)] == broker.sent
        assert [(5_100, ConfirmTimeoutError), (5_110, ConfirmTimeoutError)] == till.told
        await till.publisher.close(0)

    run(test())


def test_a_pace_that_leaves_no_time_for_the_confirm_is_a_wrong_setting() -> None:
    EntrypointSettings(amqp_url="amqp://broker/", publish_pace_ms=500, confirm_timeout_seconds=1)

    with pytest.raises(SettingsError, match="PUBLISH_PACE_MS"):
        EntrypointSettings(
            amqp_url="amqp://broker/", publish_pace_ms=501, confirm_timeout_seconds=1
        )
