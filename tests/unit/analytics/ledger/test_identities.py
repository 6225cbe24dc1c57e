"""Identities are known for good, whether their day is open, half closed, closed or in memory."""

import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.counting.receipt_counter import FORGOTTEN
from analytics.ledger import identities as module
from analytics.ledger.identities import Identities
from analytics.ledger.identity_records import PARTS, blocks, from_blob, in_order
from analytics.ledger.ledger_file import Ledger
from analytics.verify.bounded_identities import BoundedIdentities
from tests.support.ledgers import kept_keys
from tillstream.identity import digest_of_key
from tillstream.ledger import BLOCK_RECORDS, LedgerReader, content_in_blocks
from tillstream.runtime.data_folder import LEDGER

FIRST_DAY = date(2026, 11, 21).toordinal()
CONTENTS = (b"content1", b"content2")

#: Identities of four days, some of them with other contents.
some = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 60), st.sampled_from(CONTENTS)), max_size=60
)
#: What is done one after the other: identities added, a part of a day closed, a day dropped.
steps = st.lists(
    st.one_of(some, st.tuples(st.just("close"), st.integers(0, 3)), st.just("drop")), max_size=12
)


def key(day: int, number: int) -> bytes:
    return digest_of_key(f"{date.fromordinal(FIRST_DAY + day)} 08:00:00/1/1/{number}")


class Model:
    """The same with a dictionary."""

    def __init__(self) -> None:
        self.contents: dict[bytes, bytes] = {}
        self.dropped = False

    def add(self, keys: list[bytes], contents: list[bytes]) -> list[bytes | None]:
        first: list[bytes | None] = []
        for one, content in zip(keys, contents, strict=True):
            forgotten = self.dropped and one.startswith(key(0, 0)[:3])
            first.append(FORGOTTEN if forgotten else self.contents.get(one))
            if first[-1] is None:
                self.contents[one] = content
        return first

    def drop_first_day(self) -> None:
        of_day = {one for one in self.contents if one.startswith(key(0, 0)[:3])}
        for one in of_day:
            del self.contents[one]
        self.dropped |= bool(of_day)


def add(to: Identities | BoundedIdentities | Model, chosen: Any) -> list[bytes | None]:
    keys, contents = [key(day, number) for day, number, _ in chosen], [each[2] for each in chosen]
    if isinstance(to, Model):
        return to.add(keys, contents)
    # Those of the first day were last seen long ago.
    return to.add(keys, contents, [FIRST_DAY] * len(keys))


@given(steps)
def test_the_ledger_knows_what_a_dictionary_knows(done: list[Any]) -> None:
    model = Model()
    with Ledger(Path(":memory:")) as ledger:
        for step in done:
            if step == "drop":
                ledger.identities.drop(FIRST_DAY + 1)
                model.drop_first_day()
            elif isinstance(step, tuple):
                ledger.identities.close_part(FIRST_DAY + step[1])
            else:
                assert add(model, step) == add(ledger.identities, step)

        assert sorted(model.contents) == kept_keys(ledger)
        assert model.contents == ledger.identities.known(list(model.contents))
        days = ledger.identities.days()
        assert len(model.contents) == sum(each.open + each.closed for each in days)


@given(st.lists(some, max_size=8), st.integers(0, 100))
def test_a_bound_of_memory_changes_no_answer(batches: list[Any], most: int) -> None:
    model = Model()
    with Ledger(Path(":memory:")) as ledger:
        bounded = BoundedIdentities(ledger.identities, most)
        for batch in batches:
            assert add(model, batch) == add(bounded, batch)
        known = bounded.known(list(model.contents))
        bounded.close(keep_open_from=FIRST_DAY + 2)

        assert model.contents == known
        assert (len(model.contents), sorted(model.contents)) == (bounded.count, kept_keys(ledger))


def test_blocks_part_neither_an_id_nor_hold_two_parts_of_a_day() -> None:
    same_id = [key(0, 1)[:8] + number.to_bytes(8) + bytes(8) for number in range(400)]
    others = [key(0, number) + bytes(8) for number in range(5_000)]
    records = in_order(from_blob(b"".join(same_id + others)))

    found = list(blocks(records))

    assert records.tobytes() == b"".join(block.records for block in found)
    assert len({block.id for block in found}) == len(found)
    assert all(len({one[3] >> 4 for one in from_blob(block.records)}) == 1 for block in found)
    assert 2 * len(records) / BLOCK_RECORDS > len(found) - PARTS


def test_each_key_of_a_closed_day_is_found_also_where_neighbours_share_an_id() -> None:
    keys = [key(0, 1)[:8] + number.to_bytes(2) + bytes(6) for number in range(2 * BLOCK_RECORDS)]
    with Ledger(Path(":memory:")) as ledger:
        ledger.identities.add(keys, [CONTENTS[0]] * len(keys), [FIRST_DAY])
        while ledger.identities.close_part(FIRST_DAY):
            pass
        again = ledger.identities.add(keys, [CONTENTS[0]] * len(keys), [FIRST_DAY])

        assert [CONTENTS[0]] * len(keys) == again


def test_a_key_is_found_only_where_a_record_begins() -> None:
    shifted = b"\1" * 24
    with Ledger(Path(":memory:")) as ledger:
        ledger.identities.keep_closed(0x010101, from_blob(shifted), 0)
        database: sqlite3.Connection = ledger.identities._database

        assert b"\1" * 8 == content_in_blocks(database, b"\1" * 16)
        assert content_in_blocks(database, b"\1" * 15 + b"\2") is None


@pytest.mark.parametrize("closed", [False, True])
def test_other_rooms_find_a_receipt_in_an_open_and_in_a_closed_day(
    tmp_path: Path, closed: bool
) -> None:
    text = f"{date.fromordinal(FIRST_DAY)} 08:00:00/1/1/7"
    with Ledger(tmp_path / LEDGER) as ledger:
        ledger.begin()
        ledger.identities.add([digest_of_key(text)], [CONTENTS[0]], [FIRST_DAY])
        assert not closed or ledger.identities.close_part(FIRST_DAY)
        ledger.commit()

    reader = LedgerReader(tmp_path)
    assert (True, False) == (reader.has(text), reader.has(text + "8"))


def test_a_day_is_closed_again_only_when_much_came_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RECORDS_AT_ONCE", 100)

    def numbers(first: int, last: int) -> Any:
        return [(0, number, CONTENTS[0]) for number in range(first, last)]

    with Ledger(Path(":memory:")) as ledger:
        identities = ledger.identities
        add(identities, numbers(0, 800))
        due = [identities.to_close(FIRST_DAY), identities.to_close(FIRST_DAY + 1)]
        while identities.close_part(FIRST_DAY):
            pass
        add(identities, numbers(800, 899))
        due.append(identities.to_close(FIRST_DAY + 1))
        add(identities, numbers(899, 900))
        due.append(identities.to_close(FIRST_DAY + 1))

        assert [None, FIRST_DAY, None, FIRST_DAY] == due
