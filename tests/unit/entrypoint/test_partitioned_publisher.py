"""Each receipt goes to the partition of its store, whatever it comes with."""

import asyncio
from collections import Counter
from datetime import date

import pytest

from entrypoint.partitioned_publisher import PartitionedPublisher, partitioned
from entrypoint.publish_queue import InFlight
from entrypoint.publisher import Publisher
from entrypoint.receipt_parcel import ReceiptParcel, compose
from tillstream.currency_day import CurrencyDay
from tillstream.errors import NackedError, NotConfirmedError
from tillstream.receipt_message import partition_of_store

DAY = CurrencyDay(date(2026, 11, 21))


class Partition:
    """One that takes messages, or refuses all."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.bodies: list[bytes] = []
        self.counted = 0
        self.refuses = refuses
        self.publisher = Publisher(self._send, compose, self._confirmed, InFlight(100, 10_000))

    async def _send(self, body: bytes, *_: object) -> None:
        if self.refuses:
            raise NackedError
        self.bodies.append(body)

    def _confirmed(self, parcels: object) -> None:
        assert isinstance(parcels, list)
        self.counted += sum(len(parcel.sales) for parcel in parcels)


def parcel(*stores: int) -> ReceiptParcel:
    lines = b"\n".join(b"receipt of %d" % store for store in stores)
    return ReceiptParcel(lines, len(stores), [(DAY, str(store), 100) for store in stores])


def test_a_body_is_parted_by_store_and_keeps_the_order_of_each() -> None:
    partitions = [Partition(), Partition(), Partition()]
    stores = [*range(20), *range(20)]

    async def publish() -> None:
        await PartitionedPublisher([one.publisher for one in partitions]).publish(parcel(*stores))

    asyncio.run(publish())
    expected: list[list[bytes]] = [[], [], []]
    for store in stores:
        expected[partition_of_store(str(store), 3)].append(b"receipt of %d" % store)

    assert expected == [b"\n".join(one.bodies).split(b"\n") for one in partitions]
    assert [len(each) for each in expected] == [one.counted for one in partitions]


def test_a_partition_that_takes_nothing_fails_the_body_and_counts_what_the_others_took() -> None:
    partitions = [Partition(), Partition(refuses=True)]

    async def publish() -> None:
        await PartitionedPublisher([one.publisher for one in partitions]).publish(
            parcel(*range(20))
        )

    with pytest.raises(NotConfirmedError):
        asyncio.run(publish())

    assert partitions[0].counted == partitions[0].bodies[0].count(b"receipt")
    assert 0 == partitions[1].counted


def test_stores_spread_evenly() -> None:
    found = Counter(partition_of_store(str(store), 4) for store in range(1, 2_001))

    assert 400 < min(found.values())


def test_one_partition_has_its_publisher_as_it_is() -> None:
    async def run() -> None:
        publisher = Partition().publisher

        assert publisher is partitioned([publisher])

    asyncio.run(run())
