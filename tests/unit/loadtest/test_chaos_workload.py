"""The workload of the chaos runs: known identities, valid receipts, every kind of trouble."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from entrypoint.validation import validate
from loadtest.bench.private import zone_far_from_midnight
from loadtest.chaos.workload import SHARES, Item, Workload
from tillstream.identity import content_digest
from tillstream.money import minor_units
from tillstream.receipt import Receipt, receipt_key

NOW = datetime(2026, 11, 21, 12, 0, 1, tzinfo=ZoneInfo("UTC"))


def items(number: int = 3_000, seed: int = 1) -> list[Item]:
    """The workload when everything is acknowledged at once."""
    workload = Workload(seed)
    drawn = []
    for _ in range(number):
        drawn.append(workload.next(NOW))
        if drawn[-1].kind not in ("conflict", "impatient"):
            for posted in drawn[-1].receipts:
                workload.acknowledged(posted)
    return drawn


def test_every_kind_comes() -> None:
    assert set(SHARES) == {item.kind for item in items()}


def test_a_new_receipt_has_a_new_identity() -> None:
    new = [
        posted.key
        for item in items()
        if item.kind in ("receipt", "extreme", "late", "impatient", "batch")
        for posted in item.receipts
    ]

    assert len(set(new)) == len(new)


def test_the_book_says_what_the_contract_says() -> None:
    for item in items():
        for posted in item.receipts:
            receipt = msgspec.json.decode(posted.body, type=Receipt)
            said = (
                receipt_key(receipt),
                str(receipt.store_id),
                minor_units(receipt.document_total.gross_total),
                receipt.date[:10],
            )
            assert (posted.key, posted.sale.store, posted.sale.cents, posted.sale.day) == said


def test_a_late_receipt_is_of_the_day_before() -> None:
    days = {
        item.kind: item.receipts[0].sale.day
        for item in items()
        if item.kind != "duplicate" and item.receipts
    }

    assert ("2026-11-20", "2026-11-21") == (days["late"], days["receipt"])


def test_a_duplicate_has_the_same_bytes_and_a_conflict_other_ones() -> None:
    first: dict[str, bytes] = {}
    again: set[tuple[str, bool]] = set()
    for item in items():
        for posted in item.receipts:
            same = first.setdefault(posted.key, posted.body) == posted.body
            if item.kind in ("duplicate", "conflict"):
                again.add((item.kind, same))

    assert {("duplicate", True), ("conflict", False)} == again


def test_numbers_come_out_of_order() -> None:
    numbers: dict[str, list[int]] = {}
    for item in items():
        if item.kind == "receipt":
            _, store, till, number = item.receipts[0].key.split("/")
            numbers.setdefault(f"{store}/{till}", []).append(int(number))

    assert all(sorted(each) != each for each in numbers.values())


def test_garbage_is_no_receipt_and_letters_are_told_apart() -> None:
    drawn = items()
    for item in drawn:
        if item.kind in ("garbage", "letter"):
            with pytest.raises(msgspec.DecodeError):
                msgspec.json.decode(item.body, type=Receipt)
    letters = [item.body for item in drawn if item.kind == "letter"]

    assert len(set(letters)) == len(letters)


def test_the_same_seed_gives_the_same_workload() -> None:
    assert (True, False) == (items(200) == items(200), items(200) == items(200, seed=2))


@pytest.mark.parametrize("hour", range(24))
def test_in_the_zone_of_a_run_it_is_noon(hour: int) -> None:
    now = datetime(2026, 11, 21, hour, 30, tzinfo=ZoneInfo("UTC"))
    zone = ZoneInfo(zone_far_from_midnight(now.timestamp()))

    assert 12 == now.astimezone(zone).hour


def test_an_extreme_receipt_keeps_the_contract() -> None:
    extremes = [item.receipts[0] for item in items() if item.kind == "extreme"]

    assert [posted.key for posted in extremes] == [validate(each.body).key for each in extremes]


def test_a_conflict_of_a_void_has_another_content() -> None:
    workload = Workload(1)
    contents: dict[str, bytes] = {}
    conflicts = 0
    for _ in range(20_000):
        item = workload.next(NOW)
        for posted in item.receipts:
            receipt = msgspec.json.decode(posted.body, type=Receipt)
            if item.kind == "extreme" and receipt.transaction_type == "void":
                # Of nothing else it may make a conflict.
                workload.acknowledged(posted)
                contents[posted.key] = content_digest(receipt)
            elif item.kind == "conflict":
                conflicts += 1
                assert contents[posted.key] != content_digest(receipt)

    assert conflicts > 10
