"""A batch is divided between connections: every document once, those of one identity together."""

from hypothesis import given
from hypothesis import strategies as st

from persistence.writer.inserting import divided_by_key

KEYS = st.lists(st.sampled_from("abcdefg"), max_size=40)


@given(KEYS, st.integers(1, 5))
def test_every_index_is_in_one_part_and_no_key_in_two(keys: list[str], parts: int) -> None:
    divided = divided_by_key(keys, parts)

    assert len(divided) <= parts
    assert all(divided)
    assert sorted(index for part in divided for index in part) == list(range(len(keys)))
    owners = [{keys[index] for index in part} for part in divided]
    assert sum(map(len, owners)) == len(set(keys))


@given(KEYS, st.integers(1, 5))
def test_a_part_is_in_the_order_of_its_keys_and_equal_keys_in_their_own(
    keys: list[str], parts: int
) -> None:
    for part in divided_by_key(keys, parts):
        assert part == sorted(part, key=lambda index: (keys[index], index))


def test_keys_that_differ_are_divided_evenly() -> None:
    keys = [str(number) for number in range(1_000)]
    assert [len(part) for part in divided_by_key(keys, 4)] == [250] * 4
