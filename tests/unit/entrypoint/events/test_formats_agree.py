"""One event is one event: every format, read fast or slowly, makes the same columns."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrypoint.events import arrow_body, arrow_rows, csv_body, json_body
from entrypoint.events.body import ARROW, CSV, READERS, Most
from entrypoint.events.column_checks import NotPlainError
from entrypoint.events.contract import Contract
from entrypoint.events.csv_header import header_of
from entrypoint.events.reading import ReadEvents, slowly
from tests.support.event_formats import (
    CONTRACT,
    EVENT,
    FORMATS,
    NOW_US,
    Event,
    as_csv,
    stream_of,
    table,
)
from tillstream.codec import JSON, NDJSON
from tillstream.streams.window_rows import microseconds

MOST = Most(1000, 2**24)

TRAVELS = {
    "at": 1569888000000000,
    "kind": "cart",
    "number": 2**61 + 1,
    "price": 3579,
    "note": "brie, 12 €",
    "paid": True,
    "seen": 1569888000000000,
}

times = st.builds(
    "{:%Y-%m-%d %H:%M:%S}{}".format,
    st.datetimes(datetime(1970, 1, 2), datetime(2026, 11, 1)),  # noqa: DTZ001 - the text has a zone
    st.sampled_from([" UTC", "Z", "+01:00"]),
)
plain_events = st.fixed_dictionaries(
    {"at": times, "kind": st.sampled_from(["view", "cart"])},
    optional={
        "number": st.none() | st.integers(-5, 2**62),
        "price": st.none() | st.integers(0, 10**12).map(lambda units: Decimal(units).scaleb(-2)),
        "note": st.none()
        | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
        "paid": st.none() | st.booleans(),
        "seen": st.none() | times,
    },
)
#: Cells as people write them: right, and wrong in many ways.
cells = st.sampled_from(
    (
        *("", "1", " 7", "1 ", "+1", "007", "0x10", "1.0", "-0", "1e2", "9223372036854775808"),
        *("NA", "1.234", "1.230", ".5", "1.", "-1", "NaN", "1,2", "true", "True", "yes", "view"),
        *("cart", "2019-10-01", "2019-10-01 00:00:00 UTC", "2019-10-01T00:00:00.1234567Z"),
        *("2019-02-30", "0001-01-01 00:00:00Z", "9999-12-31 00:00:00Z", "2019-10-01 24:00:00Z"),
        *("2026-03-29 02:30:00", "2026-10-25 02:30:00", "\0", "€", '"', "longer than allowed"),
        "a\nb",
    )
)


def read(kind: str, body: bytes, contract: Contract = CONTRACT) -> ReadEvents:
    return READERS[kind](contract, body, NOW_US, MOST)


def rows_of(found: ReadEvents) -> list[dict[str, Any]]:
    return list(found.events.to_pylist())


def slow(kind: str, body: bytes) -> ReadEvents:
    match kind:
        case "text/csv":
            rows = csv_body.rows(body, header_of(body, CONTRACT), CONTRACT, NOW_US)
        case "application/x-ndjson":
            rows = json_body.line_rows(body, CONTRACT, NOW_US)
        case "application/json":
            rows = json_body.list_rows(body, CONTRACT, NOW_US)
        case _:
            reader = arrow_body.read_stream if kind == ARROW else arrow_body.read_parquet
            rows = arrow_rows.rows(reader(body, CONTRACT, *MOST), CONTRACT, NOW_US)
    return slowly(CONTRACT, rows, MOST.events)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_event_travels_in_the_columns_of_its_definition(kind: str) -> None:
    found = read(kind, FORMATS[kind]([EVENT, EVENT]))

    assert ([TRAVELS, TRAVELS], 0) == (rows_of(found), found.refused)


@given(st.lists(plain_events, min_size=1, max_size=4))
@example([EVENT | {"note": "\r"}])
@example([EVENT | {"note": "a}\n{"}, EVENT | {"note": "}"}])
@settings(max_examples=60)
def test_what_is_plain_is_the_same_in_every_format_and_on_both_ways(events: list[Event]) -> None:
    found = {kind: read(kind, write(events)) for kind, write in FORMATS.items()}
    slowly_read = [rows_of(slow(kind, write(events))) for kind, write in FORMATS.items()]

    first = rows_of(found[NDJSON])
    assert [0] * len(found) == [each.refused for each in found.values()]
    assert len(events) == len(first)
    assert [first] * len(found) == [rows_of(each) for each in found.values()]
    assert [first] * len(found) == slowly_read


@given(st.lists(st.tuples(*[cells] * len(CONTRACT.names)), min_size=1, max_size=3))
@example([("2019-10-01", "cart", "1", "1e0002", "", "true", "2019-10-01")])
@settings(max_examples=200)
def test_the_fast_way_of_csv_accepts_nothing_that_the_slow_one_refuses(
    rows: list[tuple[str, ...]],
) -> None:
    body = as_csv([dict(zip(CONTRACT.names, row, strict=True)) for row in rows])
    try:
        fast = csv_body.columns(body, header_of(body, CONTRACT), CONTRACT, NOW_US)
    except NotPlainError:
        return

    expected = slow(CSV, body)
    assert (0, rows_of(expected)) == (
        expected.refused,
        pa.RecordBatch.from_arrays(fast, schema=CONTRACT.schema).to_pylist(),
    )


@given(
    st.lists(
        st.fixed_dictionaries(
            {"at": cells | st.none(), "kind": cells},
            optional={
                name: cells
                | st.none()
                | st.booleans()
                | st.floats(allow_nan=False, allow_infinity=False)
                | st.integers()
                for name in CONTRACT.names[2:]
            },
        ),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=200)
def test_the_fast_way_of_json_accepts_nothing_that_the_slow_one_refuses(
    events: list[Event],
) -> None:
    for kind in (JSON, NDJSON):
        found, expected = read(kind, FORMATS[kind](events)), slow(kind, FORMATS[kind](events))

        assert (expected.refused, rows_of(expected)) == (found.refused, rows_of(found))


#: Whole events, parts of some, and what stands between; `}` and line breaks in texts too.
pieces = st.sampled_from(
    (
        *(b'{"at":"2019-10-01 00:00:00Z","kind":"cart"}', b'{"at":"2019-10-01 00:00:00Z","kind":'),
        *(
            b'"view"}',
            b'"view","note":"a}"}',
            b'"view","note":"}\n{"}',
            b'"view","note":"\\u0000"}',
        ),
        *(b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b" ", b",", b'"cart",\n"price":12.5}'),
    )
)


@given(st.lists(pieces, min_size=1, max_size=9).map(b"".join))
@settings(max_examples=400)
def test_a_line_is_an_event_on_both_ways(body: bytes) -> None:
    found, expected = read(NDJSON, body), slow(NDJSON, body)

    assert (expected.refused, rows_of(expected)) == (found.refused, rows_of(found))


@given(st.lists(st.sampled_from([b"0x", b"0X", b"x", b"X", b"0", b"ax0"]), max_size=4))
def test_hexadecimals_are_found_wherever_they_stand(parts: list[bytes]) -> None:
    cell = b"".join(parts).decode()
    body = as_csv([EVENT | {"number": cell}])
    found, expected = read(CSV, body), slow(CSV, body)

    assert (expected.refused, rows_of(expected)) == (found.refused, rows_of(found))


@pytest.mark.parametrize("kind", [CSV, JSON, NDJSON])
@pytest.mark.parametrize(("month", "hour"), [(1, 11), (7, 10)])
def test_clocks_change_after_the_tables_of_arrow_too(kind: str, month: int, hour: int) -> None:
    body = FORMATS[kind]([EVENT | {"seen": f"2040-{month:02d}-01 12:00:00"}])
    expected = microseconds(datetime(2040, month, 1, hour, tzinfo=UTC))

    found = [rows_of(read(kind, body)), rows_of(slow(kind, body))]
    assert [expected] * 2 == [rows[0]["seen"] for rows in found]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_timestamp_beyond_the_calendar_is_no_time(zone: str | None) -> None:
    # As a number of the year 65536 + 2017.
    column = pa.array([2_069_608_500_000_000], pa.timestamp("ms", zone))
    found = read(ARROW, stream_of(table([EVENT]).drop(["seen"]).append_column("seen", column)))

    assert ("time", 1) == (found.refusals[0].broken[0].rule, found.refused)
