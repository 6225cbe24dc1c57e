"""Credits of touches: whole numbers that add up exactly, and the touch that a row names."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from events.attribution.codes import Numbers
from events.attribution.credits import credit_touches, most_credited
from tests.support.attributed import WINDOW
from tests.support.attribution_rule import credit_of
from tillstream.streams.changes import MODELS, WHOLE_CREDIT

TOUCHES = st.lists(
    st.tuples(
        st.one_of(st.integers(0, WINDOW), st.integers(0, 3)), st.sampled_from(["none", "tv"])
    ),
    min_size=1,
    max_size=60,
).map(lambda touches: sorted(touches, reverse=True))


def _credited(orders: list[list[tuple[int, str]]]) -> Numbers:
    touches = [touch for order in orders for touch in order]
    return credit_touches(
        np.array([before for before, _ in touches]),
        np.array([ad == "none" for _, ad in touches]),
        np.array([len(order) for order in orders]),
        WINDOW,
    )


@given(orders=st.lists(TOUCHES, min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_credits_are_those_of_the_rule_and_add_up_to_the_whole(
    orders: list[list[tuple[int, str]]],
) -> None:
    found = _credited(orders)
    begin = 0
    for order in orders:
        some = found[:, begin : begin + len(order)]
        begin += len(order)
        times, ads = [-before for before, _ in order], [ad for _, ad in order]

        assert [WHOLE_CREDIT] * len(MODELS) == some.sum(axis=1).tolist()
        assert [credit_of(model, 0, times, ads) for model in MODELS] == some.tolist()


def test_a_quarter_of_the_window_halves_the_weight() -> None:
    found = dict(zip(MODELS, _credited([[(WINDOW // 4, "tv"), (0, "tv")]]).tolist(), strict=True))

    assert [333_333, 666_667] == found["time_decay"]


def test_what_thirds_leave_over_goes_to_the_earliest() -> None:
    three = [(3, "tv"), (2, "none"), (1, "none")]
    found = dict(zip(MODELS, _credited([three]).tolist(), strict=True))

    assert [333_334, 333_333, 333_333] == found["linear"]
    assert [400_000, 200_000, 400_000] == found["position_based"]
    assert [WHOLE_CREDIT, 0, 0] == found["last_non_direct"]


def test_the_named_touch_has_most_credit_and_of_equal_ones_is_the_earlier() -> None:
    found = most_credited(np.array([1, 3, 3, 7, 0, 5, 5]), np.array([3, 2, 2]))

    assert [1, 0, 0] == found.tolist()
