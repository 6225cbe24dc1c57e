"""Parcels of a file: every line once and whole, in parcels that are as long as they may be."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.shop.parcels import EventFile, EventFileError

HEADER = b"event_time,event_type\n"


def _line(second: int) -> bytes:
    return b"2019-10-01 %02d:%02d:%02d UTC,view\n" % (
        second // 3600,
        second // 60 % 60,
        second % 60,
    )


@given(
    seconds=st.lists(st.integers(0, 5_000), max_size=60),
    most=st.integers(1, 400),
    span=st.none() | st.floats(0.5, 900),
    ends=st.booleans(),
)
def test_every_line_is_in_one_parcel_and_in_order(
    seconds: list[int], most: int, span: float | None, ends: bool
) -> None:
    lines = b"".join(map(_line, seconds))
    content = HEADER + (lines if ends else lines[:-1])
    parcels = list(EventFile(io.BytesIO(content)).parcels(most, span))

    assert lines == b"".join(parcel.lines for parcel in parcels)
    assert list(range(len(parcels))) == [parcel.number for parcel in parcels]
    assert len(seconds) == sum(parcel.rows for parcel in parcels)
    assert all(parcel.rows == 1 or len(parcel.lines) <= most for parcel in parcels)


@given(seconds=st.lists(st.integers(0, 5_000), min_size=1, max_size=60), span=st.integers(1, 900))
def test_a_parcel_has_all_lines_of_its_span_where_they_are_ordered(
    seconds: list[int], span: int
) -> None:
    seconds.sort()
    content = HEADER + b"".join(map(_line, seconds))
    found = [parcel.rows for parcel in EventFile(io.BytesIO(content)).parcels(1 << 20, span)]
    expected: list[int] = []
    first = -(10**6)
    for second in seconds:
        if second >= first + span:
            expected.append(0)
            first = second
        expected[-1] += 1

    assert expected == found


def test_times_are_found_by_the_header_and_unreadable_ones_are_sent_at_once() -> None:
    content = b"\xef\xbb\xbfevent_type,event_time\nview,1970-01-01T00:01:00Z\nview,yesterday\n"
    file = EventFile(io.BytesIO(content))

    assert b"event_type,event_time\n" == file.header
    assert [60.0, None] == [parcel.ends for parcel in file.parcels(1, 10)]


def test_a_file_without_event_times_is_refused() -> None:
    with pytest.raises(EventFileError, match="event_time"):
        EventFile(io.BytesIO(b"storeID,terminalID\n1,2\n"))
