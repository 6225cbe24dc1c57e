"""Keys of before are told from those of today, and lead to them."""

from typing import Any

import pytest

from tests.support.receipts import decoded, receipt
from tillstream.earlier_keys import (
    begins_as_today,
    earlier_key,
    keys_of_days,
    names_no_day,
    todays_key,
)
from tillstream.receipt import receipt_key

UUID = "6f9619ff8b86d011b42d00c04fc964ff"
#: Stores, tills and numbers that look like parts of a key.
PRINTED = [
    ("17", 2, 4711, "2026-11-21 08:00:01"),
    ("A/B é", "uuid", "uuid", "2026-11-21T08:00:01.5+01:00"),
    ("uuid", "uuid", UUID, "2026-11-21T08:00:01Z"),
    ("2026-11-21", "uuid", UUID, "1999-01-01 00:00:00"),
    ("2026-11-21 08:00:01", "2026-11-21T08:00:01Z", "2026-11-21", "2026-11-21 08:00:01"),
]


@pytest.mark.parametrize(("store", "till", "number", "date"), PRINTED)
def test_a_printed_key_goes_there_and_back(
    store: str, till: str | int, number: str | int, date: str
) -> None:
    fields: dict[str, Any] = {
        "storeID": store,
        "terminalID": till,
        "cashReceiptID": number,
        "date": date,
    }
    key = receipt_key(decoded(receipt(**fields)))

    before = earlier_key(key)

    assert before == f"{key.removeprefix(f'{date}/')}/{date}"
    assert key == todays_key(before) == todays_key(key)
    assert before == earlier_key(before)
    assert begins_as_today(key)
    assert not begins_as_today(before)
    assert not names_no_day(key)
    assert not names_no_day(before)


@pytest.mark.parametrize("store", ["17", "A/B", "uuid", "2026-11-21"])
def test_an_earlier_key_of_a_uuid_names_no_day(store: str) -> None:
    key = receipt_key(decoded(receipt(storeID=store, receiptUUID=UUID)))

    before = earlier_key(key)

    assert key == f"2026-11-21/{before}"
    assert before.endswith(f"/uuid/{UUID}")
    assert (True, False) == (names_no_day(before), names_no_day(key))
    assert (True, False) == (bool(begins_as_today(key)), bool(begins_as_today(before)))
    assert before == todays_key(before) == earlier_key(before)
    around = [f"2026-11-{day}/{before}" for day in range(18, 25)]
    assert around == keys_of_days(before, ["2026-11-20", "2026-11-22", "no day"])


def test_no_key_is_a_key_of_no_day() -> None:
    assert "another key" == todays_key("another key") == earlier_key("another key")
    assert not names_no_day("another key")
    assert [] == keys_of_days(f"1/uuid/{UUID}", ["9999-99-99"])
