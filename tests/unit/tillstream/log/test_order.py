"""Steps of the order of several partitions: where a message is, and which of two steps counts."""

from hypothesis import given
from hypothesis import strategies as st

from tillstream.log.order import Step, continuing, decoder, of_first_stream

ENDS = st.dictionaries(st.integers(0, 5), st.integers(0, 40), max_size=6)


def chained(growths: list[dict[int, int]]) -> list[Step]:
    """Steps after 7 messages of the first partition, each of so many of each partition."""
    step = of_first_stream(7)
    found = [step]
    for growth in growths:
        ends = {number: step.ends.get(number, 0) + more for number, more in growth.items()}
        step = step.followed_by(ends)
        found.append(step)
    return found


@given(st.lists(ENDS, max_size=8))
def test_each_message_has_one_position_and_none_is_left_out(growths: list[dict[int, int]]) -> None:
    steps = chained(growths)

    messages = [
        (span.position + number, span.partition, span.begin + number)
        for step in steps
        for span in step.spans()
        for number in range(span.end - span.begin)
    ]

    assert [*range(steps[-1].end)] == [position for position, _, _ in messages]
    for partition, end in steps[-1].ends.items():
        assert [*range(end)] == [offset for _, number, offset in messages if number == partition]
    for step in steps:
        for position, partition, offset in messages:
            if step.position <= position < step.end:
                assert offset == step.at(position)[partition]


@given(
    st.lists(ENDS.filter(lambda ends: sum(ends.values()) > 0), min_size=2, max_size=6), st.data()
)
def test_a_step_that_was_overtaken_is_none(
    growths: list[dict[int, int]], data: st.DataObject
) -> None:
    steps = chained(growths)
    place = data.draw(st.integers(1, len(steps) - 1))
    overtaken = steps[place - 1].followed_by({0: steps[place - 1].ends[0] + 1_000})

    found = [*continuing([*steps[: place + 1], overtaken, *steps[place + 1 :]])]

    assert steps == found


def test_reading_may_begin_at_one_that_was_overtaken() -> None:
    steps = chained([{0: 1}, {1: 2}, {0: 3, 2: 4}])
    overtaken = steps[0].followed_by({1: 50})

    assert steps[2:] == [*continuing([overtaken, *steps[2:]])]


def test_a_step_is_told_as_json() -> None:
    said = b'{"position":7,"begins":{"0":7,"1":0},"ends":{"0":9,"1":1}}'

    assert of_first_stream(7).followed_by({0: 9, 1: 1}) == decoder.decode(said)
