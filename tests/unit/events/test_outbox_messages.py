"""Rows that were made, cut into messages: those of a conversion stay together."""

import pyarrow as pa
import pytest

from events.attribution.stamping import MadeRows
from events.outbox import messages as cutting
from tests.support import made_checkouts
from tests.support.kept_events import DECLARED
from tillstream.streams import columns, message

STREAM = DECLARED.streams["checkout_credits"]


@pytest.mark.parametrize(
    ("counts", "cut"),
    [
        ([2, 2, 2, 2], [4, 4]),
        ([2, 3, 3, 1], [5, 4]),
        ([3, 3, 3], [3, 3, 3]),
        # More channels than a message has rows of.
        ([7, 2, 2, 7], [7, 4, 7]),
        ([1, 7], [1, 7]),
        ([12], [10, 2]),
        ([], []),
    ],
)
def test_rows_of_a_conversion_are_in_one_message(
    counts: list[int], cut: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "MOST_ROWS", 5)
    monkeypatch.setattr(message, "MAX_EVENTS", 10)
    rows = [
        made_checkouts.credit(f"p{number}", 1, f"c{place}", 1)
        for number, count in enumerate(counts)
        for place in range(count)
    ]
    made = MadeRows(STREAM.name, pa.RecordBatch.from_pylist(rows, columns.schema(STREAM)))
    found = [
        message.decode(*one.packed).events.to_pylist()
        for one in cutting.messages(made, STREAM, 0, conversion_id="purchase_id", to_store=True)
    ]

    assert cut == [len(one) for one in found]
    assert [(one["purchase_id"], one["channel"]) for some in found for one in some] == [
        (one["purchase_id"], one["channel"]) for one in rows
    ]
