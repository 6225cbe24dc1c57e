"""A range of offsets in parts is the whole range, in order."""

from hypothesis import given
from hypothesis import strategies as st

from spark.rabbitmq_stream.splitting import split


@given(
    st.integers(0, 50),
    st.integers(1, 60),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1_000)), unique_by=lambda one: one[0]),
)
def test_the_parts_are_the_range_whatever_is_known_of_its_messages(
    start: int, length: int, parts: int, sizes: list[tuple[int, int]]
) -> None:
    found = split(start, start + length, parts, sorted(sizes))
    offsets = [offset for first, last in found for offset in range(first, last)]

    assert list(range(start, start + length)) == offsets
    assert len(found) <= parts
    assert all(first < last for first, last in found)


def test_bytes_are_shared_where_they_are_known_and_offsets_where_they_are_not() -> None:
    sizes = [(0, 10), (2, 10), (3, 10), (9, 30)]

    assert [(0, 9), (9, 10)] == split(0, 10, 2, sizes)
    assert [(0, 5), (5, 10)] == split(0, 10, 2)
