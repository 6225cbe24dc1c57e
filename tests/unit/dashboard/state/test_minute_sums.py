"""Sums that move: equal to those of all rows anew, whatever comes, changes and leaves."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state.minute_sums import MinuteSums, Row, Span, Sums

KEYS = st.sampled_from(["Google Ads", "Newsletter", None])
AMOUNTS = st.decimals(-1000, 1000, places=5) | st.just(Decimal(0))
ROWS = st.builds(
    lambda minute, key, amount, count: Row(60 * minute, key, (amount, count)),
    st.sampled_from([0, 19, 20, 55, 59, 60, 61, 100, 200]),
    KEYS,
    AMOUNTS,
    st.integers(-5, 5),
)
#: Rows, or how many minutes time goes on.
STEPS = st.lists(ROWS | st.integers(0, 90), max_size=60)


def at(minute: int) -> dict[str, Span]:
    return {
        "hour": Span(60 * (minute - 60), 60 * minute),
        "day": Span(60 * 20, 60 * max(minute, 20)),
    }


def anew(rows: dict[str, Row], span: Span) -> Sums:
    sums: Sums = {}
    for row in rows.values():
        if span.holds(row.start):
            known = sums.get(row.key, (Decimal(0), 0))
            sums[row.key] = (known[0] + row.figures[0], known[1] + row.figures[1])
    return {key: figures for key, figures in sums.items() if any(figures)}


@given(STEPS)
def test_moved_sums_are_those_of_all_rows_added_anew(steps: list[Row | int]) -> None:
    held, rows, minute = MinuteSums(2), dict[str, Row](), 60
    held.move(at(minute))
    for step in steps:
        if isinstance(step, int):
            minute += step
            held.move(at(minute))
        elif step.start >= 60 * min(20, minute - 60):
            row_id = f"{step.start}/{step.key}"
            rows[row_id] = step
            held.put(row_id, step)

    spans = at(minute)
    assert {name: anew(rows, span) for name, span in spans.items()} == {
        name: held.sums(name) for name in spans
    }


def test_a_row_of_the_future_counts_when_its_minute_has_come() -> None:
    held = MinuteSums(1)
    held.move(at(60))
    held.put("a", Row(60 * 60, "Newsletter", (2,)))
    before = held.sums("hour")
    held.move(at(61))

    assert ({}, {"Newsletter": (2,)}) == (before, held.sums("hour"))


def test_rows_that_no_span_will_hold_again_are_let_go() -> None:
    held = MinuteSums(1)
    for minute in range(1000):
        held.put(str(minute), Row(60 * minute, None, (1,)))
        held.move({"hour": Span(60 * (minute - 59), 60 * (minute + 1))})

    assert ((60,), 60) == (held.total("hour"), len(held))


def test_the_newest_minute_is_none_of_the_future() -> None:
    held = MinuteSums(1)
    for start in (60, 120, 6000):
        held.put(str(start), Row(start, None, (1,)))

    assert (120, None) == (held.newest(180.0), held.newest(59.0))
