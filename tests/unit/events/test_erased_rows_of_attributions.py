"""Rows of an attribution that were on their way to the log when a person was erased."""

from pathlib import Path

import pyarrow as pa

from events.archive.pseudonyms import Pseudonyms
from tests.support.kept_events import DECLARED
from tests.support.made_checkouts import checkout
from tillstream.streams import columns
from tillstream.streams.events_manifest import ErasedValue

BEFORE, VERSION = 10, 5


def test_a_row_of_before_the_erasure_is_without_the_person_wherever_it_stands(
    tmp_path: Path,
) -> None:
    pseudonyms = Pseudonyms(tmp_path)
    erased = ErasedValue(
        field="user_id",
        digest=pseudonyms.digest("user_id", "u1"),
        before_offset=BEFORE,
        to_version=VERSION,
    )
    rows = [checkout(f"b{version}", version) for version in (VERSION - 1, VERSION, VERSION + 1)]
    events = pa.RecordBatch.from_pylist(rows, columns.schema(DECLARED.streams["checkouts"]))
    stands = pseudonyms.of("user_id", "u1", BEFORE)
    found = [pseudonyms.in_message([erased], offset, events) for offset in (BEFORE - 1, BEFORE + 9)]

    assert [[stands, stands, "u1"]] * 2 == [each["user_id"].to_pylist() for each in found]
