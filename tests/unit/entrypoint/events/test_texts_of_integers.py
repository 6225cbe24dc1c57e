"""Texts that are declared with `integers`: 11 and "11" are one value, in every format."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrypoint.events import arrow_body, arrow_rows, csv_body, json_body
from entrypoint.events.body import ARROW, CSV, PARQUET, READERS, Most
from entrypoint.events.column_checks import NotPlainError
from entrypoint.events.contract import Contract
from entrypoint.events.csv_header import header_of
from entrypoint.events.reading import ReadEvents, slowly
from entrypoint.events.schemas import json_schema
from tests.support.event_formats import NOW_US, stream_of
from tillstream.codec import JSON, NDJSON
from tillstream.streams.definition import Field, Stream

MOST = Most(100, 2**20)
CONTRACT = Contract(
    Stream(
        name="visits",
        event_time="time",
        fields=(
            Field(name="time", type="timestamp", zone="UTC", required=True),
            Field(name="id", type="text", integers=True, required=True, max_length=20),
            Field(name="other", type="text", max_length=20),
        ),
    )
)
AT = "2026-11-01T00:00:00"


def _lines(*values: str) -> bytes:
    """NDJSON of ids as they stand in JSON."""
    return "\n".join(f'{{"time": "{AT}", "id": {value}}}' for value in values).encode()


def _list(*values: str) -> bytes:
    return b"[" + _lines(*values).replace(b"\n", b",") + b"]"


def _table(ids: pa.Array) -> pa.Table:
    return pa.table({"time": [AT] * len(ids), "id": ids})


def _parquet(ids: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(_table(ids), sink)
    return sink.getvalue()


def _read(kind: str, body: bytes) -> ReadEvents:
    return READERS[kind](CONTRACT, body, NOW_US, MOST)


def _ids(found: ReadEvents) -> list[Any]:
    assert 0 == found.refused
    return list(found.events.column("id").to_pylist())


INTEGERS = [11, -7, 2**63 - 1, -(2**63)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (NDJSON, _lines(*map(str, INTEGERS))),
        (NDJSON, _lines(*(f'"{number}"' for number in INTEGERS))),
        (JSON, _list(*map(str, INTEGERS))),
        (CSV, "\n".join(["time,id", *(f"{AT},{number}" for number in INTEGERS)]).encode()),
        (ARROW, stream_of(_table(pa.array(INTEGERS, pa.int64())))),
        (ARROW, stream_of(_table(pa.array(map(str, INTEGERS), pa.string())))),
        (PARQUET, _parquet(pa.array(INTEGERS, pa.int64()))),
    ],
)
def test_an_integer_and_its_digits_are_one_value(kind: str, body: bytes) -> None:
    assert ["11", "-7", "9223372036854775807", "-9223372036854775808"] == _ids(_read(kind, body))


@pytest.mark.parametrize("kind", [pa.uint64(), pa.int32(), pa.uint8()])
def test_any_column_of_integers_is_taken(kind: pa.DataType) -> None:
    ids = pa.array([0, 11], kind)

    assert ["0", "11"] == _ids(_read(ARROW, stream_of(_table(ids))))
    assert ["0", "11"] == _ids(_read(PARQUET, _parquet(ids)))


def test_texts_and_integers_may_stand_beside_each_other_and_digits_stay_as_they_are() -> None:
    assert ["11", "11", "011", "a"] == _ids(_read(NDJSON, _lines("11", '"11"', '"011"', '"a"')))
    assert ["011", "1.0"] == _ids(_read(CSV, f"time,id\n{AT},011\n{AT},1.0".encode()))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("true", "type"),
        ("1.0", "type"),
        ("1e2", "type"),
        ("[1]", "type"),
        ("9223372036854775808", "bounds"),
        ("123456789012345678901234567890", "bounds"),
        ("null", "required"),
    ],
)
def test_what_is_neither_text_nor_integer_is_refused(value: str, rule: str) -> None:
    for kind, body in ((NDJSON, _lines("1", value)), (JSON, _list("1", value))):
        found = _read(kind, body)

        assert [(2, "id", rule)] == [
            (broken.line, broken.column, broken.rule)
            for row in found.refusals
            for broken in row.broken
        ]
        assert ["1"] == found.events.column("id").to_pylist()


def test_an_integer_of_arrow_beyond_64_bits_is_refused_alone() -> None:
    found = _read(ARROW, stream_of(_table(pa.array([1, 2**63], pa.uint64()))))

    assert (1, ["1"]) == (found.refused, found.events.column("id").to_pylist())


def test_other_texts_take_no_integer() -> None:
    found = _read(NDJSON, f'{{"time": "{AT}", "id": 1, "other": 2}}'.encode())

    assert [("other", "type")] == [
        (broken.column, broken.rule) for row in found.refusals for broken in row.broken
    ]


@given(
    st.lists(
        st.integers().map(str)
        | st.sampled_from(['"11"', '""', "null", "true", "-0", "1.5", "1.0", "1e0", '"a b"', "{}"]),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=200)
def test_the_fast_ways_accept_nothing_that_the_slow_ones_refuse(values: list[str]) -> None:
    for body, fast_way, slow_way in (
        (_lines(*values), json_body.lines_to_columns, json_body.line_rows),
        (_list(*values), json_body.list_to_columns, json_body.list_rows),
    ):
        try:
            fast = fast_way(body, CONTRACT, NOW_US)
        except NotPlainError:
            continue
        expected = slowly(CONTRACT, slow_way(body, CONTRACT, NOW_US), 100)

        assert (0, expected.events.to_pylist()) == (
            expected.refused,
            pa.RecordBatch.from_arrays(fast, schema=CONTRACT.schema).to_pylist(),
        )


@pytest.mark.parametrize("ids", [[11, 12], [11, None]])
def test_both_ways_of_arrow_and_csv_agree(ids: list[int | None]) -> None:
    table = arrow_body.read_stream(stream_of(_table(pa.array(ids, pa.int64()))), CONTRACT, *MOST)
    slow = slowly(CONTRACT, arrow_rows.rows(table, CONTRACT, NOW_US), 100)
    body = "\n".join(["time,id", *(f"{AT},{'' if i is None else i}" for i in ids)]).encode()
    rows = csv_body.rows(body, header_of(body, CONTRACT), CONTRACT, NOW_US)

    expected = [str(each) for each in ids if each is not None]
    assert expected == slow.events.column("id").to_pylist()
    assert expected == slowly(CONTRACT, rows, 100).events.column("id").to_pylist()
    assert expected == _read(CSV, body).events.column("id").to_pylist()


def test_the_schema_says_so() -> None:
    properties = json_schema(CONTRACT.stream)["properties"]

    assert ["string", "integer"] == properties["id"]["type"]
    assert ["string", "null"] == properties["other"]["type"]
