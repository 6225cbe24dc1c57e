"""Group commit: together in one message, bounded, and every failure told to whom it concerns."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from datetime import date
from typing import Any

import pytest

from entrypoint.publish_queue import MAX_MESSAGE_BYTES, MAX_MESSAGES_IN_FLIGHT, InFlight
from entrypoint.publisher import Publisher
from entrypoint.receipt_parcel import ReceiptParcel, compose
from tillstream.accepted_count import AcceptedSale
from tillstream.codec import MAX_UNPACKED_BYTES
from tillstream.currency_day import CurrencyDay
from tillstream.errors import (
    BrokerAwayError,
    NotConfirmedError,
    ShuttingDownError,
    TooManyInFlightError,
)
from tillstream.runtime.decompress import UNPACKERS


class Broker:
    """A broker of one function: it keeps what is sent, and confirms when it is told to."""

    def __init__(self, *, holding: bool = False, error: Exception | None = None) -> None:
        self.sent: list[tuple[bytes, str]] = []
        self.confirm = asyncio.Event()
        self.noted: list[AcceptedSale] = []
        self._error = error
        if not holding:
            self.confirm.set()

    async def send(self, body: bytes, content_type: str, content_encoding: str | None) -> None:
        if content_encoding is not None:
            body = UNPACKERS[content_encoding](body, MAX_UNPACKED_BYTES)
        self.sent.append((body, content_type))
        await self.confirm.wait()
        if self._error is not None:
            raise self._error

    def note(self, accepted: Iterable[ReceiptParcel]) -> None:
        self.noted += [sale for parcel in accepted for sale in parcel.sales]


def publisher_to(
    broker: Broker, max_receipts: int, max_bytes: int = 2**26
) -> Publisher[ReceiptParcel]:
    return Publisher(broker.send, compose, broker.note, InFlight(max_receipts, max_bytes))


def parcel(text: str, count: int = 1) -> ReceiptParcel:
    return ReceiptParcel(text.encode(), count)


async def settle(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is another object's state
            await asyncio.sleep(0)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_a_lone_receipt_goes_out_at_once_as_json() -> None:
    async def test() -> None:
        broker = Broker()

        await publisher_to(broker, 10).publish(parcel("a"))

        assert [(b"a", "application/json")] == broker.sent

    run(test())


def test_receipts_that_come_together_share_a_message() -> None:
    async def test() -> None:
        broker = Broker()
        publisher = publisher_to(broker, 10)

        await asyncio.gather(*(publisher.publish(parcel(text)) for text in "abc"))

        assert [(b"a\nb\nc", "application/x-ndjson")] == broker.sent

    run(test())


def test_receipts_that_come_while_messages_are_in_flight_share_the_next() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 100)
        waiting = []
        for number in range(MAX_MESSAGES_IN_FLIGHT):
            waiting.append(asyncio.create_task(publisher.publish(parcel(str(number)))))
            await settle(lambda: len(broker.sent) == number + 1)  # noqa: B023
        waiting += [asyncio.create_task(publisher.publish(parcel(text))) for text in "abc"]
        await settle(lambda: publisher.items_in_flight == len(waiting))
        broker.confirm.set()
        await asyncio.gather(*waiting)

        assert (b"a\nb\nc", "application/x-ndjson") == broker.sent[-1]
        assert MAX_MESSAGES_IN_FLIGHT + 1 == len(broker.sent)

    run(test())


def test_a_message_is_bounded_in_receipts_and_bytes() -> None:
    async def test() -> None:
        broker = Broker()
        publisher = publisher_to(broker, 2000)
        half = "x" * (MAX_MESSAGE_BYTES // 2)

        await asyncio.gather(
            publisher.publish(parcel("a", 300)),
            publisher.publish(parcel("b", 300)),
            publisher.publish(parcel(half)),
            publisher.publish(parcel(half)),
        )

        sizes = [len(body) for body, _ in broker.sent]
        assert [1, 2 + len(half), len(half)] == sizes

    run(test())


def test_what_is_confirmed_is_counted_before_it_is_answered() -> None:
    async def test() -> None:
        broker = Broker()
        publisher = publisher_to(broker, 10)
        sales = [(CurrencyDay(date(2026, 11, 21)), store, 600) for store in "ab"]

        await asyncio.gather(*(publisher.publish(ReceiptParcel(b"x", 1, [sale])) for sale in sales))

        assert sales == broker.noted

    run(test())


def test_a_failure_is_told_to_every_receipt_of_the_message() -> None:
    async def test() -> None:
        broker = Broker(error=BrokerAwayError())
        publisher = publisher_to(broker, 10)

        outcomes = await asyncio.gather(
            *(publisher.publish(parcel(text)) for text in "abc"), return_exceptions=True
        )

        assert [BrokerAwayError] * 3 == [type(outcome) for outcome in outcomes]
        assert 0 == publisher.items_in_flight
        assert [] == broker.noted

    run(test())


def test_past_its_bound_the_publisher_refuses_and_sends_nothing() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 2)
        first = asyncio.create_task(publisher.publish(parcel("a", 2)))
        await settle(lambda: len(broker.sent) == 1)

        with pytest.raises(TooManyInFlightError):
            await publisher.publish(parcel("b"))

        broker.confirm.set()
        await first
        await publisher.publish(parcel("c"))
        assert [b"a", b"c"] == [body for body, _ in broker.sent]

    run(test())


def test_past_its_bytes_the_publisher_refuses_until_some_are_confirmed() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 100, max_bytes=10)
        first = asyncio.create_task(publisher.publish(parcel("a" * 9)))
        await settle(lambda: len(broker.sent) == 1)

        with pytest.raises(TooManyInFlightError):
            await publisher.publish(parcel("bb"))

        broker.confirm.set()
        await first
        await publisher.publish(parcel("c" * 10))
        assert [9, 10] == [len(body) for body, _ in broker.sent]

    run(test())


def test_a_caller_that_goes_away_takes_nobody_with_it() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 10)
        gone = asyncio.create_task(publisher.publish(parcel("a")))
        stays = asyncio.create_task(publisher.publish(parcel("b")))
        await settle(lambda: len(broker.sent) == 1)
        gone.cancel()
        broker.confirm.set()

        await stays

        assert gone.cancelled() or gone.cancelling()
        assert 0 == publisher.items_in_flight

    run(test())


def test_closing_waits_for_what_is_in_flight_and_refuses_the_rest() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 10)
        accepted = asyncio.create_task(publisher.publish(parcel("a")))
        await settle(lambda: len(broker.sent) == 1)
        closing = asyncio.create_task(publisher.close(5))
        await asyncio.sleep(0)

        with pytest.raises(ShuttingDownError):
            await publisher.publish(parcel("b"))

        broker.confirm.set()
        await asyncio.gather(accepted, closing)
        assert [b"a"] == [body for body, _ in broker.sent]

    run(test())


def test_closing_fails_what_the_broker_does_not_confirm_in_time() -> None:
    async def test() -> None:
        broker = Broker(holding=True)
        publisher = publisher_to(broker, 10)
        waiting = asyncio.create_task(publisher.publish(parcel("a")))
        await settle(lambda: len(broker.sent) == 1)

        await publisher.close(0.01)

        with pytest.raises(NotConfirmedError):
            await waiting

    run(test())
