"""What is wrong is named by line, column and rule, and the good rows are accepted all the same."""

import io
import json
import struct
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entrypoint.events.body import ARROW, CSV, PARQUET, READERS, Most
from entrypoint.events.contract import Contract
from entrypoint.events.reading import BodyError, TooManyEventsError
from tests.support.event_formats import (
    CONTRACT,
    EVENT,
    FORMATS,
    NOW_US,
    as_arrow,
    as_csv,
    as_lines,
    as_parquet,
    stream_of,
    table,
)
from tillstream.codec import JSON, NDJSON
from tillstream.streams.definition import Field, Stream

MOST = Most(1000, 2**24)
AHEAD = "2026-11-20T00:00:00Z"


def refusals(kind: str, body: bytes) -> tuple[int, list[tuple[int, str, str]]]:
    """How many were accepted, and line, column and rule of what was not."""
    found = READERS[kind](CONTRACT, body, NOW_US, MOST)
    broken = [(b.line, b.column, b.rule) for row in found.refusals for b in row.broken]
    return found.events.num_rows, broken


def body_error(kind: str, body: bytes, most: Most = MOST) -> str:
    with pytest.raises(BodyError) as raised:
        READERS[kind](CONTRACT, body, NOW_US, most)
    return raised.value.rule


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("at", "", "required"),
        ("kind", "gaze", "enum"),
        ("number", "x", "type"),
        ("number", "1.0", "type"),
        ("number", "0x10", "type"),
        ("number", "12345678901234567890", "bounds"),
        ("number", "-6", "bounds"),
        ("price", "1.234", "places"),
        ("price", "-1", "bounds"),
        ("price", "1,5", "type"),
        ("paid", "yes", "type"),
        ("note", "thirteen long", "max-length"),
        ("note", "a\0b", "characters"),
        ("at", "2019-13-01 00:00:00Z", "time"),
        ("at", "1569888000", "time"),
        ("at", "0001-01-01 00:00:00Z", "bounds"),
        ("at", "9999-12-31 00:00:00Z", "ahead"),
        ("at", AHEAD, "ahead"),
        ("seen", "0001-01-01 00:00:00Z", "bounds"),
        ("seen", "9999-12-31 00:00:00Z", "bounds"),
    ],
)
def test_a_wrong_value_is_named_in_csv_and_in_json(name: str, value: str, rule: str) -> None:
    events = [EVENT, EVENT | {name: value}, EVENT]

    assert (2, [(3, name, rule)]) == refusals(CSV, as_csv(events))
    assert (2, [(2, name, rule)]) == refusals(NDJSON, as_lines(events))


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("number", 1.0, "type"),
        ("number", True, "type"),
        ("number", 12345678901234567890, "bounds"),
        ("price", 12.345, "places"),
        ("price", 12.3400001, "places"),
        ("price", True, "type"),
        ("note", 5, "type"),
        ("paid", 1, "type"),
        ("at", 1569888000, "type"),
        ("color", "red", "unknown-field"),
        ("note", ["a"], "type"),
    ],
)
def test_a_value_of_another_json_type_is_named(name: str, value: object, rule: str) -> None:
    assert (1, [(2, name, rule)]) == refusals(NDJSON, as_lines([EVENT, EVENT | {name: value}]))


@pytest.mark.parametrize(("kind", "number"), [(ARROW, "nan"), (PARQUET, "nan"), (ARROW, "-inf")])
def test_a_double_that_is_no_number_is_refused_and_kept_as_it_is(kind: str, number: str) -> None:
    sent = table([EVENT, EVENT])
    place = sent.schema.get_field_index("price")
    sent = sent.set_column(place, "price", pa.array([1.5, float(number)]))
    sink = io.BytesIO()
    pq.write_table(sent, sink)

    found = READERS[kind](
        CONTRACT, stream_of(sent) if kind == ARROW else sink.getvalue(), NOW_US, MOST
    )

    [refused] = found.refusals
    assert [(2, "price")] == [(broken.line, broken.column) for broken in refused.broken]
    assert number == json.loads(refused.row)["price"]


def test_integers_and_decimals_may_stand_as_texts_in_json() -> None:
    found = READERS[NDJSON](
        CONTRACT,
        as_lines([EVENT | {"number": "2103807459595387724", "price": "12.50"}]),
        NOW_US,
        MOST,
    )

    [row] = found.events.to_pylist()
    assert (2103807459595387724, 1250) == (row["number"], row["price"])


def test_a_time_without_zone_is_refused_where_the_field_has_none() -> None:
    contract = Contract(
        Stream(name="s", event_time="t", fields=(Field(name="t", type="timestamp", required=True),))
    )
    found = READERS[NDJSON](contract, b'{"t":"2019-10-01 00:00:00"}', NOW_US, MOST)

    assert "zone" == found.refusals[0].broken[0].rule


def test_half_a_line_is_one_refused_row() -> None:
    lines, cells = as_lines([EVENT] * 3), as_csv([EVENT | {"note": "a"}] * 3)

    assert (2, [(3, "", "json")]) == refusals(NDJSON, lines[:-20])
    assert (2, [(4, "", "columns")]) == refusals(CSV, cells[:-40])


def test_two_objects_on_a_line_and_one_on_two_are_no_lines() -> None:
    line = as_lines([EVENT])
    spread = line.replace(b",", b",\n", 1)

    assert (0, [(1, "", "json")]) == refusals(NDJSON, line + line)
    assert (1, [(1, "", "json"), (2, "", "json")]) == refusals(NDJSON, spread + b"\n" + line)


@pytest.mark.parametrize("cell", ['"open', 'a"b"c"', '"a"b'])
def test_a_quote_that_is_not_closed_costs_one_row(cell: str) -> None:
    lines = as_csv([EVENT] * 3).decode().split("\n")
    lines[2] = lines[2].replace('"brie, 12 €"', cell)

    accepted, broken = refusals(CSV, "\n".join(lines).encode())

    assert (2, [3]) == (accepted, [line for line, _, _ in broken]) or (3, []) == (accepted, broken)


def test_a_row_with_a_cell_too_many_or_few_is_named() -> None:
    lines = as_csv([EVENT | {"note": "a"}] * 3).decode().split("\n")
    lines[1] += ",more"
    lines[3] = lines[3].rpartition(",")[0]

    assert (1, [(2, "", "columns"), (4, "", "columns")]) == refusals(CSV, "\n".join(lines).encode())


def test_lines_are_counted_over_breaks_in_quotes() -> None:
    body = as_csv([EVENT | {"note": "a\nb"}, EVENT | {"price": "x"}])

    assert (1, [(4, "price", "type")]) == refusals(CSV, body)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_are_known_by_the_header(separator: str) -> None:
    assert (2, []) == refusals(CSV, as_csv([EVENT, EVENT], separator))


@pytest.mark.parametrize(
    ("header", "rule"),
    [
        ("at,kind,color", "unknown-field"),
        ("at,kind,kind", "doubled-field"),
        ("kind,number", "missing-field"),
        (",,", "header"),
    ],
)
def test_a_header_that_is_not_the_streams_is_refused_whole(header: str, rule: str) -> None:
    assert rule == body_error(CSV, f"{header}\n1,2,3\n".encode())


def test_bytes_that_are_no_utf_8_cost_their_row() -> None:
    body = as_csv([EVENT, EVENT]).replace("€".encode(), b"\xff", 1)

    assert (1, [(2, "", "characters")]) == refusals(CSV, body)


def test_half_a_surrogate_costs_its_line() -> None:
    body = as_lines([EVENT, EVENT | {"note": "X"}]).replace(b'"X"', rb'"\ud800"')

    assert (1, [(2, "", "json")]) == refusals(NDJSON, body)


def test_arrow_rows_that_break_a_rule_are_named() -> None:
    for kind, write in ((ARROW, as_arrow), (PARQUET, as_parquet)):
        body = write([EVENT, EVENT | {"kind": "gaze"}, EVENT | {"number": -6}])

        assert (1, [(2, "kind", "enum"), (3, "number", "bounds")]) == refusals(kind, body)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda t: t.rename_columns(["color", *t.column_names[1:]]), "unknown-field"),
        (lambda t: t.rename_columns(["kind", *t.column_names[1:]]), "doubled-field"),
        (lambda t: t.drop_columns(["at"]), "missing-field"),
        (lambda t: t.set_column(2, "number", pa.array([1.0])), "type"),
        (lambda t: t.set_column(0, "at", pa.array([1569888000])), "type"),
        (lambda t: t.set_column(4, "note", pa.array([["a"]])), "type"),
    ],
)
def test_another_schema_is_refused_before_a_value_is_read(change: object, rule: str) -> None:
    assert callable(change)

    assert rule == body_error(ARROW, stream_of(change(table([EVENT]))))


def test_a_dictionary_index_out_of_range_is_refused() -> None:
    wrong = pa.DictionaryArray.from_arrays(
        pa.array([9], pa.int8()), pa.array(["view", "cart"]), safe=False
    )

    assert "arrow" == body_error(ARROW, stream_of(table([EVENT]).set_column(1, "kind", wrong)))


def test_a_length_of_4_gb_in_a_few_bytes_is_refused() -> None:
    body = as_arrow([EVENT])
    for length in (b"\xff\xff\xff\xff\xff\xff\xff\x7f", struct.pack("<I", 2**32 - 1) * 2):
        assert "arrow" == body_error(ARROW, length + b"\0" * 92)
    assert "arrow" == body_error(ARROW, body[: len(body) // 2])


def test_packed_arrow_that_unpacks_to_too_much_is_refused_before_it_is_read() -> None:
    zeros = table([EVENT | {"note": ""}] * 900)

    body = stream_of(zeros, compression="zstd")

    assert "too-large" == body_error(ARROW, body, Most(1000, 8_000))
    packed_size = body.index((8 * 900).to_bytes(8, "little"))
    bomb = body[:packed_size] + (2**32).to_bytes(8, "little") + body[packed_size + 8 :]
    assert "too-large" == body_error(ARROW, bomb)


def test_optional_columns_of_parquet_may_be_missing() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"at": ["2019-10-01 00:00:00 UTC"], "kind": ["view"]}), out)

    read = READERS[PARQUET](CONTRACT, out.getvalue(), NOW_US, MOST)

    assert (1, 0) == (read.events.num_rows, read.refused)


def test_parquet_of_too_much_is_refused_by_its_footer() -> None:
    body = as_parquet([EVENT] * 100)

    assert "too-large" == body_error(PARQUET, body, Most(1000, 500))
    with pytest.raises(TooManyEventsError):
        READERS[PARQUET](CONTRACT, body, NOW_US, Most(99, 2**24))


def test_a_footer_of_parquet_that_names_a_million_columns_is_not_read() -> None:
    column = b"\x15\x02\x25\x02\x18\x01a\0"  # an optional integer `a`
    footer = b"\x15\x02\x19\xfc\xc0\x84\x3d" + column * 1_000_000 + b"\x16\0\x19\x0c\0"
    body = b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"

    with pytest.raises(BodyError, match="footer has a list"):
        READERS[PARQUET](CONTRACT, body, NOW_US, MOST)


def test_a_footer_may_say_all_that_arrow_writes() -> None:
    sink = io.BytesIO()
    pq.write_table(
        table([EVENT] * 20).replace_schema_metadata({"note": "x" * 1_000_000}),
        sink,
        row_group_size=1,
        write_page_index=True,
        write_page_checksum=True,
        sorting_columns=[pq.SortingColumn(0)],
    )

    assert 20 == READERS[PARQUET](CONTRACT, sink.getvalue(), NOW_US, MOST).events.num_rows


def _varint(number: int, length: int) -> bytes:
    """A signed integer of Thrift's compact protocol in so many bytes."""
    parts = [number << 1 >> 7 * place & 0x7F for place in range(length)]
    return bytes([part | 0x80 for part in parts[:-1]] + parts[-1:])


def test_parquet_whose_footer_lies_about_its_size_is_refused_before_it_is_unpacked() -> None:
    sink = io.BytesIO()
    wide = table([EVENT | {"note": "x" * 1_000}] * 900)
    pq.write_table(wide, sink, compression="zstd", use_dictionary=False)
    said = pq.ParquetFile(io.BytesIO(sink.getvalue())).metadata.row_group(0).column(4)
    true_size = _varint(said.total_uncompressed_size, 3)
    body = sink.getvalue()
    footer = body.rindex(true_size)

    lie = body[:footer] + _varint(100, 3) + body[footer + 3 :]

    lied = pq.ParquetFile(io.BytesIO(lie)).metadata.row_group(0).column(4)
    assert (True, 100) == (
        said.total_uncompressed_size > 900_000,
        lied.total_uncompressed_size,
    )
    assert "too-large" == body_error(PARQUET, lie, Most(1000, 500_000))


def test_a_long_text_of_a_dictionary_that_every_row_names_stays_one_text() -> None:
    long = pa.DictionaryArray.from_arrays(
        pa.array([0] * 1_000, pa.int16()), pa.array(["1" * 1_000_000])
    )
    for name in ("note", "at"):
        place = CONTRACT.names.index(name)
        body = stream_of(table([EVENT] * 1_000).set_column(place, name, long))
        sink = io.BytesIO()
        pq.write_table(pa.ipc.open_stream(body).read_all(), sink)
        for kind, content in ((ARROW, body), (PARQUET, sink.getvalue())):
            most_before = pa.default_memory_pool().max_memory()
            tracemalloc.start()
            found = READERS[kind](CONTRACT, content, NOW_US, MOST)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()

            assert (1_000, True) == (found.refused, most < 50_000_000)
            assert pa.default_memory_pool().max_memory() - most_before < 50_000_000


def test_texts_of_a_dictionary_are_as_large_as_they_are_in_all_rows() -> None:
    notes = Contract(Stream(name="notes", fields=(Field(name="note", type="text"),)))
    found = pa.table({"note": pa.array(["x" * 1_000] * 100).dictionary_encode()})
    sink = io.BytesIO()
    pq.write_table(found, sink)

    for kind, body in ((ARROW, stream_of(found)), (PARQUET, sink.getvalue())):
        with pytest.raises(BodyError, match="in all rows"):
            READERS[kind](notes, body, NOW_US, Most(1_000, 99_999))
        assert 100 == READERS[kind](notes, body, NOW_US, Most(1_000, 100_000)).events.num_rows


@pytest.mark.parametrize("kind", FORMATS)
def test_more_events_than_a_body_may_have_are_too_many(kind: str) -> None:
    for event in (EVENT, EVENT | {"number": -6}):
        with pytest.raises(TooManyEventsError):
            READERS[kind](CONTRACT, FORMATS[kind]([event] * 4), NOW_US, Most(3, 2**24))


def test_an_array_that_is_cut_is_no_json() -> None:
    assert "json" == body_error("application/json", json.dumps([{"a": 1}]).encode()[:-1])


@pytest.mark.parametrize("kind", [NDJSON, JSON])
@pytest.mark.parametrize("number", [b"1e400", b"-1e400"])
def test_a_number_beyond_doubles_is_told_by_its_field(kind: str, number: bytes) -> None:
    line = as_lines([EVENT | {"price": 5}]).strip()
    body = line.replace(b'"price": 5', b'"price": ' + number).replace(
        b'"price":5', b'"price":' + number
    )
    assert number in body

    assert (0, [(1, "price", "bounds")]) == refusals(
        kind, body if kind == NDJSON else b"[%b]" % body
    )


def test_what_stands_beside_a_number_beyond_doubles_is_read_as_ever() -> None:
    huge = b'{"at":"2019-10-01 00:00:00 UTC","kind":"view","price":1e400,"note":"X","more":[1e400]}'

    assert (0, [(1, "price", "bounds"), (1, "more", "unknown-field")]) == refusals(NDJSON, huge)
    assert (0, [(1, "", "json")]) == refusals(NDJSON, huge.replace(b'"X"', rb'"\ud800"'))
    assert (0, [(1, "", "object")]) == refusals(NDJSON, b"[1e400]")


def row_groups(*groups: list[Any]) -> bytes:
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table([EVENT]).schema) as writer:
        for events in groups:
            writer.write_table(table(events) if events else table([EVENT]).slice(0, 0))
    return sink.getvalue()


def test_a_parquet_file_and_a_row_group_may_be_without_rows() -> None:
    for body, count in (
        (row_groups(), 0),
        (row_groups([]), 0),
        (row_groups([EVENT], [], [EVENT]), 2),
    ):
        assert (count, []) == refusals(PARQUET, body)


def test_a_footer_that_counts_other_rows_than_its_row_groups_is_refused() -> None:
    body = row_groups([EVENT] * 60)
    # Of the footer: field 3, an i64 after field 2, then the list of row groups.
    lie = body.replace(b"\x16" + _varint(60, 1) + b"\x19\x1c", b"\x16\x02\x19\x1c")

    assert lie != body
    assert "parquet" == body_error(PARQUET, lie)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_null_among_the_values_of_a_dictionary_is_no_value(kind: pa.DataType) -> None:
    """Arrow counts it as no null of the column; no file has a place for it."""
    contract = Contract(
        Stream(
            name="s",
            fields=(Field(name="id", type="text", required=True), Field(name="x", type="text")),
        )
    )
    texts = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array(["a", None], kind))
    whole = pa.array(["b", "c"])

    refused = READERS[ARROW](contract, stream_of(pa.table([texts, whole], ["id", "x"])), 1, MOST)
    taken = READERS[ARROW](contract, stream_of(pa.table([whole, texts], ["id", "x"])), 1, MOST)

    assert ["a"] == refused.events["id"].to_pylist()
    assert [(2, "id", "required")] == [
        (broken.line, broken.column, broken.rule)
        for row in refused.refusals
        for broken in row.broken
    ]
    assert (["a", None], 1) == (taken.events["x"].to_pylist(), taken.events["x"].null_count)


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_the_oldest_times_of_parquet_are_instants_whatever_zone_the_field_has(
    zone: str | None,
) -> None:
    """As Spark writes a time; a naive one of today's Parquet is on the clock of the zone."""
    field = Field(name="at", type="timestamp", zone=zone, required=True)
    contract = Contract(Stream(name="s", event_time="at", fields=(field,)))
    at = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    sink = io.BytesIO()
    pq.write_table(pa.table({"at": [at]}), sink, use_deprecated_int96_timestamps=True)
    assert "INT96" == pq.read_metadata(sink).schema.column(0).physical_type

    taken = READERS[PARQUET](contract, sink.getvalue(), NOW_US, MOST)

    assert [at] == taken.events["at"].cast(pa.timestamp("us", "UTC")).to_pylist()


@pytest.mark.parametrize(
    ("year", "rule"), [("2600", "ahead"), ("9999", "ahead"), ("1600", "bounds")]
)
def test_the_oldest_times_of_parquet_are_of_their_own_year(year: str, rule: str) -> None:
    """INT96 reaches further than nanoseconds of 64 bits do: 2600 was 2015."""
    sent = table([EVENT, EVENT | {"at": f"{year}-01-01 00:00:00 UTC"}])
    sink = io.BytesIO()
    pq.write_table(sent, sink, use_deprecated_int96_timestamps=True)

    assert (1, [(2, "at", rule)]) == refusals(PARQUET, sink.getvalue())
