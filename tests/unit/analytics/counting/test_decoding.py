"""Messages become columns: the same figures and digests as of each receipt decoded by itself."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.counting import dictionary_columns
from analytics.counting.decoding import read_columns
from analytics.counting.folds import summed
from tests.support.receipts import encoded, line, receipt, receipts, stamped
from tillstream.clock import BusinessDay
from tillstream.codec import JSON, NDJSON, decode_receipt
from tillstream.identity import identity_of
from tillstream.log.reader import LogMessage
from tillstream.runtime.memo import LONGEST_REMEMBERED
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})

TENDERS = st.lists(
    st.fixed_dictionaries(
        {
            "paymentMechanism": st.sampled_from(["CB", "Espèces", "TR"]),
            "settlementAmount": st.floats(-1_000, 1_000),
        }
    ),
    max_size=3,
)
LINES = st.lists(
    st.builds(line, st.integers(-500, 500), st.sampled_from(["Pain", "Menu"])), max_size=3
)


def message(*bodies: bytes) -> LogMessage:
    return LogMessage(0, b"\n".join(bodies), NDJSON)


@given(
    st.lists(
        st.builds(
            lambda sent, lines, tenders, customer: (
                sent | {"lines": lines, "settlements": tenders, "customerID": customer}
            ),
            receipts,
            LINES,
            TENDERS,
            st.none() | st.integers(0, 5) | st.text("ab", min_size=1, max_size=2),
        ),
        max_size=8,
    )
)
def test_digests_are_those_of_the_receipt_decoded_whole(sent: list[dict[str, Any]]) -> None:
    bodies = [stamped(fields) for fields in sent]

    columns = read_columns([message(*bodies)], STORES)

    wanted = [identity_of(decode_receipt(body)) for body in bodies]
    assert [each.key for each in wanted] == columns.keys
    assert [each.content for each in wanted] == columns.contents


def test_a_receipt_written_in_another_way_has_the_same_content() -> None:
    sent = receipt(lines=[line(600), line(250)])
    spread = msgspec.json.format(stamped(sent), indent=1).replace(b"\n", b" ")

    first, second = read_columns([message(stamped(sent), spread)], STORES).contents

    assert first == second


@pytest.mark.parametrize(
    ("spoilt", "where"),
    [
        ({"lines": [line(), line() | {"quantity": "2"}]}, r"`$.lines[1].quantity`"),
        ({"lines": [[]]}, "`$.lines[0]`"),
        ({"settlements": [{"paymentMechanism": "CB"}]}, "`$.settlements[0]`"),
        ({"settlements": {}}, "`$.settlements`"),
        ({"settlements": [{"paymentMechanism": "", "settlementAmount": 1}]}, "paymentMechanism"),
        ({"date": "2026-02-30 08:00:00"}, "2026-02-30"),
    ],
)
def test_one_that_does_not_decode_is_told_and_the_others_count(
    spoilt: dict[str, Any], where: str
) -> None:
    bodies = [stamped(receipt(1)), stamped(receipt(2, **spoilt)), stamped(receipt(3))]

    columns = read_columns([message(stamped(receipt(0))), message(*bodies)], STORES)

    ((index, reason),) = columns.undecodable
    assert (1, True) == (index, where in reason)
    assert [0, 1, 3] == columns.numbers
    assert ([0, 1, 1], [0, 0, 2]) == (columns.messages.tolist(), columns.places.tolist())
    (figures,) = [each for (_, name, _), each in summed(columns).items() if name == "day"]
    assert [3, 3_000, 1_800, 1_800] == figures


def test_a_batch_without_receipts_adds_nothing() -> None:
    columns = read_columns([LogMessage(0, b"", JSON), LogMessage(1, b"{", JSON)], STORES)

    assert {} == summed(columns)
    assert [0, 1] == [index for index, _ in columns.undecodable]


def test_a_receipt_too_long_to_be_remembered_counts_as_any_other() -> None:
    long = receipt(cents=600, lines=[line() | {"note": "x" * LONGEST_REMEMBERED}])
    body = encoded(long | {"receivedTime": 1_795_000_000.0})

    assert summed(read_columns([message(stamped(receipt()))], STORES)) == summed(
        read_columns([message(body)], STORES)
    )


@given(st.lists(receipts, max_size=12))
def test_many_possible_codes_are_sorted_instead_of_tabled(sent: list[dict[str, Any]]) -> None:
    messages = [message(*(stamped(fields) for fields in sent))] if sent else []
    tabled = summed(read_columns(messages, STORES))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dictionary_columns, "TABLE", 0)
        assert tabled == summed(read_columns(messages, STORES))


@given(st.lists(st.integers(0, 20)), st.sampled_from([21, dictionary_columns.TABLE + 1]))
def test_distinct_codes_and_the_place_of_each(codes: list[int], size: int) -> None:
    found, place = dictionary_columns.distinct(np.array(codes, np.int64), size)

    assert sorted(set(codes)) == found.tolist()
    assert codes == found[place].tolist()
