"""Laws of a batch: nothing is left out, and the first bound that is reached closes it."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.writer.batch import Batch, Delivery, Limits
from tests.support.receipts import receipt, stamped
from tillstream.clock import BusinessDay
from tillstream.codec import NDJSON
from tillstream.runtime.resting import QUIET_BYTES, QUIET_MESSAGES
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})
WIDE = Limits(messages=1000, receipts=1000, bytes=10_000_000, age_seconds=0.05)
LINE = stamped(receipt())


def delivery(tag: int, *lines: bytes) -> Delivery:
    return Delivery(tag, b"\n".join(lines), NDJSON, "receipts", {})


def batch_of(limits: Limits, *deliveries: Delivery) -> Batch:
    batch = Batch(100.0, limits)
    for each in deliveries:
        batch.add(each, STORES)
    return batch


@given(st.lists(st.lists(st.sampled_from([LINE, b"{}"]), min_size=1, max_size=4), max_size=5))
def test_every_line_is_a_document_or_a_dead_letter(messages: list[list[bytes]]) -> None:
    batch = batch_of(WIDE, *(delivery(tag, *lines) for tag, lines in enumerate(messages, 1)))

    stored = [(source.tag, batch.entries[index].raw) for index, source in enumerate(batch.sources)]
    dead = [(letter.delivery.tag, letter.reject.body) for letter in batch.dead_letters]

    assert sorted((tag, line) for tag, lines in enumerate(messages, 1) for line in lines) == sorted(
        stored + dead
    )


@pytest.mark.parametrize(
    "limits",
    [
        WIDE._replace(messages=2),
        WIDE._replace(receipts=3),
        WIDE._replace(bytes=2 * len(LINE)),
    ],
    ids=["messages", "receipts", "bytes"],
)
def test_each_bound_closes_a_batch(limits: Limits) -> None:
    first, second = delivery(1, LINE), delivery(2, LINE, b"{}")

    full = [batch_of(limits, first).is_full(), batch_of(limits, first, second).is_full()]

    assert [False, True] == full


def test_a_batch_is_due_at_its_age() -> None:
    batch = batch_of(WIDE, delivery(1, LINE))

    remaining = [batch.remaining(now) for now in (100.0, 100.0 + 0.05, 101.0)]

    assert [0.05, 0.0, 0.0] == pytest.approx(remaining)


def test_a_full_batch_is_due_at_once() -> None:
    assert batch_of(WIDE._replace(messages=1), delivery(1, LINE)).remaining(100.0) == 0.0


def test_a_batch_is_small_by_its_messages_and_by_their_bytes() -> None:
    lone, large = delivery(1, LINE), delivery(1, b"x" * QUIET_BYTES)
    many = [delivery(tag, LINE) for tag in range(QUIET_MESSAGES)]

    small = [batch_of(WIDE, *some).is_small() for some in ([lone], many, [large])]

    assert [True, False, False] == small


def test_the_last_tag_covers_the_batch() -> None:
    assert batch_of(WIDE, delivery(4, LINE), delivery(5, b"{}")).last_tag == 5
