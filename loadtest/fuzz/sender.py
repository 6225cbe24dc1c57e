"""Sends the allowed and the broken to a door, and keeps what it answered to each."""

import asyncio
import random
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from loadtest.fuzz.allowed import Allowed, Receipt
from loadtest.fuzz.broken import Broken
from loadtest.fuzz.client import Client
from loadtest.fuzz.formats import Request, request
from loadtest.fuzz.huge import huge
from loadtest.fuzz.stores import DAYS
from loadtest.http_client import Answer
from tillstream.receipt import Receipt as Contract
from tillstream.receipt import receipt_key

#: Connections that send at once, and receipts of one request.
CONNECTIONS = 8
SIZES = (*(1,) * 12, 2, 3, 20, 250)
#: Numbers of two senders lie so far apart.
APART = 10_000_000
#: Of a thousand receipts that come by themselves: sent again, the same and with other content.
AGAIN, ALTERED = 60, 40
#: Receipts that a sender may send again, and failures that are told.
REMEMBERED = 200
MAX_TOLD = 20
#: Of so many broken requests of a sender one is huge; of fewer, two.
HUGE_EVERY = 1_000

_head = msgspec.json.Decoder(Contract)


class Failure(NamedTuple):
    """An answer that must not be, and what was sent."""

    what: str
    request: Request
    answer: Answer


@dataclass
class Sent:
    """What became of everything that was sent."""

    #: Receipts and requests that were sent so far.
    count: int = 0
    #: Answers by kind (`allowed` or `broken`) and status.
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    #: The first accepted of each identity, by key, where it is known what was sent.
    known: dict[str, Receipt] = field(default_factory=dict)
    #: Receipts that the door accepted, repetitions and conflicts included.
    accepted: int = 0
    #: Of these, those that came again: the door may answer them from its memory.
    repeated: int = 0
    failures: list[Failure] = field(default_factory=list)

    def fail(self, what: str, sent: Request, answer: Answer) -> None:
        """Note an answer that must not be; the first ones are told."""
        if len(self.failures) < MAX_TOLD:
            self.failures.append(Failure(what, sent, answer))


class Sender:
    """Everything that is sent; use it once."""

    def __init__(self, host: str, port: int, seed: int) -> None:
        self._host, self._port, self._seed = host, port, seed
        self._sent = Sent()

    async def run(self, receipts: int, broken: int, say: Callable[[str], None]) -> Sent:
        """Send so many of each, side by side."""
        done = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS):
                share = _shares(receipts, broken, number)
                group.create_task(self._send(number, *share))
            reporting = asyncio.create_task(self._report(receipts + broken, done, say))
        reporting.cancel()
        return self._sent

    async def _report(self, of: int, started: float, say: Callable[[str], None]) -> None:
        while True:
            await asyncio.sleep(10)
            say(f"{self._sent.count:,} of {of:,} sent in {time.monotonic() - started:.0f} s")

    async def _send(self, number: int, receipts: int, broken: int) -> None:
        luck = random.Random(f"{self._seed}/{number}")
        # The page shows the present day, so some are sold on it.
        days = (*DAYS, datetime.now(UTC).date().isoformat())
        allowed = Allowed(luck, days, first=(2 * number + 1) * APART)
        breaker = Broken(luck, Allowed(luck, days, first=(2 * number + 2) * APART))
        recent: OrderedDict[str, Receipt] = OrderedDict()
        huge_every = max(1, min(HUGE_EVERY, broken // 2))
        with closing(Client(self._host, self._port)) as client:
            while receipts > 0 or broken > 0:
                if receipts > 0 and (broken <= 0 or luck.random() < 0.3):
                    receipts -= await self._send_allowed(client, allowed, recent, luck, receipts)
                else:
                    broken -= 1
                    if broken % huge_every == 0:
                        # Each sender begins elsewhere, so that a short run has every kind.
                        kind = 2 * number + broken // huge_every
                        await self._send_broken(client, huge(kind))
                    else:
                        await self._send_broken(client, breaker.request())

    async def _send_allowed(
        self,
        client: Client,
        allowed: Allowed,
        recent: "OrderedDict[str, Receipt]",
        luck: random.Random,
        left: int,
    ) -> int:
        draw = luck.randrange(1000)
        if recent and draw < AGAIN + ALTERED:
            receipt = luck.choice(list(recent.values()))
            if draw < AGAIN:
                await self._post(client, [receipt], luck)
                self._sent.repeated += 1
            else:
                total = receipt["documentTotal"]
                gross = -1 if total["grossTotal"] != -1 else -2
                other = receipt | {"documentTotal": total | {"grossTotal": gross}}
                # The door knows it, or hands on what is met as a conflict downstream. A door that
                # has forgotten the first then refuses it, so it is not sent again.
                del recent[str(receipt["cashReceiptID"])]
                await self._post(client, [other], luck, may_conflict=True)
            return 1
        many = min(left, luck.choice(SIZES))
        batch = [allowed.receipt() for _ in range(many)]
        await self._post(client, batch, luck)
        for receipt in batch[-2:]:
            recent[str(receipt["cashReceiptID"])] = receipt
            if len(recent) > REMEMBERED:
                recent.popitem(last=False)
        return many

    async def _post(
        self,
        client: Client,
        batch: list[Receipt],
        luck: random.Random,
        may_conflict: bool = False,
    ) -> None:
        sent = request(batch, luck)
        answer = await client.post(sent)
        self._sent.count += len(batch)
        self._sent.answers["allowed", answer.status] += 1
        conflict = may_conflict and (
            answer.status == 409 or (answer.status == 422 and b'"rule":"conflict"' in answer.body)
        )
        if answer.status != 202 and not conflict:
            self._sent.fail("an allowed receipt is not accepted", sent, answer)
        if answer.status == 202:
            self._sent.accepted += len(batch)
            for receipt in batch:
                self._sent.known.setdefault(key_of(receipt), receipt)
        elif answer.status == 207:
            self._sent.accepted += _accepted(answer)

    async def _send_broken(self, client: Client, sent: Request) -> None:
        answer = await client.post(sent)
        self._sent.count += 1
        self._sent.answers["broken", answer.status] += 1
        if answer.status >= 500 or answer.status == 0:
            self._sent.fail("a broken request is not answered as such", sent, answer)
        if answer.status in (202, 207):
            self._sent.accepted += _accepted(answer)


def key_of(receipt: Receipt) -> str:
    """The identity of a receipt, as the contract makes it."""
    return receipt_key(_head.decode(msgspec.json.encode(receipt)))


def _accepted(answer: Answer) -> int:
    """How many receipts an answer accepts."""
    told: dict[str, Any] = msgspec.json.decode(answer.body)
    return int(told.get("accepted", 1))


def _shares(receipts: int, broken: int, number: int) -> Iterator[int]:
    """What one of the connections sends of each."""
    for all_of_them in (receipts, broken):
        yield all_of_them // CONNECTIONS + (number < all_of_them % CONNECTIONS)
