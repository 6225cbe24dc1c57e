"""The seal: any one alteration, removal, insertion or move is found, and an erasure is none."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from persistence.seal import offline
from persistence.seal.closing import close
from persistence.seal.content import content
from persistence.writer.anonymous import anonymous_fields
from persistence.writer.entries import entry
from tests.support.receipts import receipt, stamped
from tillstream.archive import raw_bytes
from tillstream.clock import BusinessDay
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})
NOW = datetime(2026, 11, 25, tzinfo=UTC)
KEY = "k" * 32
UUID = "6f9619ff8b86d011b42d00c04fc964ff"

Json = dict[str, Any]


def stored(number: int, till: int = 1, day: int = 20, cents: int = 600, **others: Any) -> Json:
    fields = receipt(
        number,
        **{
            "cents": cents,
            "terminalID": till,
            "customerID": "C-7",
            "date": f"2026-11-{day} 08:00:{number:02d}",
            **others,
        },
    )
    return entry(stamped(fields), STORES).document()


def sealed_books() -> tuple[list[Json], list[Json]]:
    """Two tills, two days, and a late receipt on the first day of each: six seals."""
    seals, receipts = [], []
    for till in (1, 2):
        head = None
        for supplement, day, numbers in ((0, 20, (1, 2, 3)), (0, 21, (5, 6)), (1, 20, (4,))):
            contents = [content(stored(each, till, day, -each * 50)) for each in numbers]
            head = close(contents, head, head, supplement, NOW, KEY)
            seals.append(head)
            receipts += contents
    return seals, receipts


def faults(
    seals: list[Json], receipts: list[Json], heads: offline.Heads | None = None
) -> list[str]:
    return list(offline.check(seals, receipts, KEY, {} if heads is None else heads))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with a key of it whose value is a leaf."""
    for name, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(each, dict | list):
            yield from places(each)
        else:
            yield value, name


def test_a_chain_holds_and_sums_what_it_seals() -> None:
    seals, receipts = sealed_books()
    heads: offline.Heads = {}

    assert [] == faults(seals, receipts, heads)
    assert {"1/1": [3, seals[2]["hash"]], "1/2": [3, seals[5]["hash"]]} == heads
    names = ("sequence", "supplement", "count", "grossMinor", "perpetualGrossMinor")
    assert [(1, 0, 3, -300, -300), (2, 0, 2, -550, -850), (3, 1, 1, -200, -1050)] == [
        tuple(seal[name] for name in names) for seal in seals[:3]
    ]
    assert [300, 850, 1050] == [seal["perpetualAbsoluteMinor"] for seal in seals[:3]]


@pytest.mark.parametrize("book", [0, 1])
def test_every_altered_value_is_found(book: int) -> None:
    whole = sealed_books()
    tried = 0
    for index in range(len(whole[book])):
        for place in range(len(list(places(whole[book][index])))):
            books = copy.deepcopy(whole)
            container, name = list(places(books[book][index]))[place]
            value = container[name]
            container[name] = value + 1 if isinstance(value, int) else f"{value}x"

            assert faults(*books), (index, name)
            tried += 1
    assert tried > 100


@pytest.mark.parametrize("book", [0, 1])
def test_every_removal_repetition_and_every_move_of_a_seal_is_found(book: int) -> None:
    whole = sealed_books()
    for index in range(len(whole[book])):
        removed, repeated = copy.deepcopy(whole), copy.deepcopy(whole)
        del removed[book][index]
        repeated[book].insert(index, repeated[book][index])
        assert faults(*removed), index
        assert faults(*repeated), index
    seals, receipts = whole
    for one in range(len(seals)):
        for other in range(one):
            moved = list(seals)
            moved[one], moved[other] = moved[other], moved[one]
            assert faults(moved, receipts), (one, other)


def test_faults_name_till_day_and_number() -> None:
    seals, receipts = sealed_books()
    receipts[1] = receipts[1] | {"grossMinor": -1}
    inserted = content(stored(9, till=1, day=21))
    del receipts[6]
    receipts.insert(6, inserted)

    expected = [
        "till 1/1, day 2026-11-20, receipt 2 (1/1/2/2026-11-20 08:00:02): altered",
        "till 1/1, day 2026-11-21, receipt 9 (1/1/9/2026-11-21 08:00:09): in no seal:"
        " inserted, or late and not sealed yet",
        "till 1/2, day 2026-11-20, receipt 1 (1/2/1/2026-11-20 08:00:01): removed",
    ]
    assert expected == faults(seals, receipts)


def test_a_chain_that_was_cut_with_its_receipts_is_found_by_what_was_noted() -> None:
    seals, receipts = sealed_books()
    heads: offline.Heads = {}
    faults(seals, receipts, heads)
    cut = (seals[:2] + seals[3:], receipts[:5] + receipts[6:])
    without_a_till = (seals[:3], receipts[:6])

    assert [] == faults(*cut)
    assert ["till 1/1: seals 3 to 3 were noted and are gone"] == faults(*cut, dict(heads))
    assert ["till 1/2: gone; 3 seals were noted of it"] == faults(*without_a_till, dict(heads))


def test_only_who_has_the_key_can_make_a_chain() -> None:
    contents = [content(stored(1))]
    forged = close(contents, None, None, 0, NOW, "another key of thirty-two chars..")

    assert ["till 1/1, day 2026-11-20, seal 1: its signature is not of this key"] == faults(
        [forged], contents
    )


def test_an_erased_customer_breaks_no_seal() -> None:
    before = stored(1)
    after = before | anonymous_fields(raw_bytes(before), NOW)

    assert before["raw"] != after["raw"]
    assert content(before) == content(after)


def book_of(*tills: tuple[str, str]) -> tuple[list[Json], list[Json]]:
    """A seal over one receipt of each till, in the order of tills."""
    seals, receipts = [], []
    for store, till in sorted(tills):
        fields = receipt(1, storeID=store, terminalID=till)
        receipts.append(content(entry(stamped(fields), STORES).document()))
        seals.append(close(receipts[-1:], None, None, 0, NOW, KEY))
    return seals, receipts


@pytest.mark.parametrize(
    "tills",
    [
        [("A/B", "C"), ("A", "B/C")],
        [("A%2FB", "C"), ("A/B", "C")],
        [("a b", "c"), ("a", "b c"), ("é", "\u3000x"), ("#", "?")],
    ],
)
def test_tills_of_any_names_are_told_apart(tills: list[tuple[str, str]]) -> None:
    heads: offline.Heads = {}
    first = faults(*book_of(*tills), heads)

    assert ([], len(tills)) == (first, len(heads))
    assert [] == faults(*book_of(*tills), dict(heads))


def test_heads_that_were_noted_by_plain_names_still_stand() -> None:
    seals, receipts = book_of(("A&B", "1"), ("A/B", "C"))
    noted = {"A&B/1": [1, seals[0]["hash"]], "A/B/C": [1, seals[1]["hash"]]}
    heads = dict(noted)

    assert [] == faults(seals, receipts, heads)
    assert {"A%26B/1": noted["A&B/1"], "A%2FB/C": noted["A/B/C"]} == heads
    altered = {"A&B/1": [1, "0" * 64]}
    assert ["till A%26B/1, day 2026-11-21, seal 1: is not the one that was noted"] == faults(
        seals, receipts, altered
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("2026-11-20 08:00:01/A%2FB/1/7", "A%2FB/1/7/2026-11-20 08:00:01"),
        ("2026-11-21T08:00:01+01:00/uuid/uuid/1", "uuid/uuid/1/2026-11-21T08:00:01+01:00"),
        ("2026-11-20/A%2FB/uuid/6f9619ff8b86d011b42d00c04fc964ff", f"uuid/{UUID}"),
        ("A%2FB/uuid/6f9619ff8b86d011b42d00c04fc964ff", "uuid/6f9619ff8b86d011b42d00c04fc964ff"),
        ("uuid/6f9619ff8b86d011b42d00c04fc964ff", "uuid/6f9619ff8b86d011b42d00c04fc964ff"),
        ("uuid/uuid/1/2026-11-21 08:00:01", "uuid/uuid/1/2026-11-21 08:00:01"),
    ],
)
def test_a_receipt_is_sealed_under_its_name_within_the_store(key: str, name: str) -> None:
    stored_now = stored(1) | {"_id": key}

    assert name == content(stored_now)["key"]


@pytest.mark.parametrize("day", [20, 21])
def test_a_clients_uuid_is_sealed_once_for_each_day_that_the_till_wrote(day: int) -> None:
    # The second day's is of the first business day, or of the next one.
    contents = [
        content(stored(1, date="2026-11-20 23:59:00", receiptUUID=UUID)),
        content(
            stored(2, date="2026-11-21 00:01:00", receiptUUID=UUID)
            | {"businessDay": f"2026-11-{day}"}
        ),
    ]
    if day == 20:
        seals = [close(contents, None, None, 0, NOW, KEY)]
    else:
        first = close(contents[:1], None, None, 0, NOW, KEY)
        seals = [first, close(contents[1:], first, first, 0, NOW, KEY)]

    assert [f"uuid/{UUID}"] * 2 == [each["key"] for each in contents]
    assert [] == faults(seals, contents)
    assert faults(seals, contents[:1])
    assert faults(seals, [contents[0], contents[0]])
    assert faults(seals, [*contents, contents[1]])


def test_a_seal_holds_when_the_offset_moves_from_minutes_to_seconds() -> None:
    before, after = stored(1), stored(1)
    for each in (before, after):
        each.pop("utcOffsetSeconds", None)
        each.pop("utcOffsetMinutes", None)
    before["utcOffsetMinutes"], after["utcOffsetSeconds"] = -90, -5400
    paris_1900 = {"utcOffsetSeconds": 561}

    assert content(before) == content(after)
    assert paris_1900.items() <= content(after | paris_1900).items()


def test_what_is_in_euros_is_sealed_as_before_there_were_other_currencies() -> None:
    plain, named = content(stored(1)), content(stored(1, currency="EUR"))
    yen = content(stored(1, currency="JPY"))

    assert "currency" not in plain | plain["receipt"]
    assert plain == named
    assert ("JPY", "JPY", 6) == (yen["currency"], yen["receipt"]["currency"], yen["grossMinor"])


def test_a_seal_has_the_sums_of_one_currency_and_others_are_told() -> None:
    euros, yen = content(stored(1)), content(stored(2, cents=50_000, currency="JPY"))
    first = close([euros], None, None, 0, NOW, KEY)
    second = close([yen], first, None, 1, NOW, KEY)
    third = close([content(stored(3))], second, first, 2, NOW, KEY)

    assert [("EUR", 600), ("JPY", 500), ("EUR", 1_200)] == [
        (offline.currency_of(each), each["perpetualGrossMinor"]) for each in (first, second, third)
    ]
    assert [] == faults([first, second, third], [euros, yen, content(stored(3))])
    mixed = close([euros, yen], None, None, 0, NOW, KEY)
    assert ["till 1/1, day 2026-11-20, seal 1: it has receipts of another currency"] == faults(
        [mixed], [euros, yen]
    )
