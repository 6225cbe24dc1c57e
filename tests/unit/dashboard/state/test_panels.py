"""Breakdowns and tills as rows, and the changes that a viewer needs."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dashboard.state import frames, panels
from dashboard.state.frames import MAX_BARS, Bar
from dashboard.state.panels import MAX_SHARES, MAX_STORES, REST, Panels
from tests.support.snapshots import breakdowns, categories, closed_day, tills

NOON = 1_795_000_000.0

hours = st.lists(
    st.tuples(st.sampled_from(["06", "07", "08"]), st.integers(-9, 9), st.integers(1, 9)),
    unique_by=lambda row: row[0],
).map(sorted)
stores = st.lists(st.tuples(st.text(), st.integers(), st.integers()))
some_panels = st.fixed_dictionaries({}, optional={"hours": hours, "top": stores})


def of_the_day(**by: dict[str, int]) -> Panels:
    return panels.panels(breakdowns(NOON, **by), tills(NOON, NOON - 600), [closed_day()])


def test_stores_stand_in_one_list_only_the_largest_and_the_smallest_first() -> None:
    found = of_the_day(store={f"{n:02}": 100 * n for n in range(1, MAX_STORES + 4)})

    names = [[row[0] for row in found[panel]] for panel in ("top", "bottom")]

    assert [["08", "07", "06", "05", "04"], ["01", "02", "03"]] == names


def test_a_store_at_zero_is_named_and_stands_among_the_smallest() -> None:
    snapshot = replace(
        breakdowns(NOON, store={f"{n}": 100 * n for n in range(1, 9)}),
        known_stores=10,
        at_zero=2,
        stores_at_zero=("57", "99"),
    )

    found = panels.panels(snapshot, None, [])

    smallest = [("57", 0, 0), ("99", 0, 0), ("1", 100, 10), ("2", 200, 10), ("3", 300, 10)]
    assert ([(10, 2, "57", "99")], smallest) == (found["zero"], found["bottom"])


@given(st.dictionaries(st.text(max_size=3), st.integers(-(10**6), 10**9), max_size=12))
def test_the_shares_of_a_day_are_all_of_it(cents: dict[str, int]) -> None:
    found = of_the_day(tender=cents)["tenders"]

    assert (sum(cents.values()), 10 * len(cents)) == (
        sum(row[1] for row in found),
        sum(row[3] for row in found),
    )


def test_what_is_too_small_for_a_row_is_one() -> None:
    found = of_the_day(vat={str(rate): 1000 - rate for rate in range(MAX_SHARES + 2)})["vat"]

    assert (MAX_SHARES + 1, (REST, 994 + 993, 903 + 902, 20)) == (len(found), found[-1])


def test_silence_gaps_and_late_receipts_are_named() -> None:
    found = of_the_day()

    assert {
        "silent": [("12", "2", NOON - 600)],
        "gaps": [("7", "1", 501, 503, NOON - 600)],
        "closed": [("2026-11-20", 99_900, 80, 1_190, 2)],
    } == {name: found[name] for name in ("silent", "gaps", "closed")}


@given(st.lists(some_panels, min_size=1, max_size=5))
def test_a_viewer_of_the_changes_sees_what_a_late_joiner_sees(days: list[Panels]) -> None:
    screen: Panels = dict(days[0])
    for before, now in itertools.pairwise(days):
        for name, rows in panels.changed(before, now).items():
            if rows is None:
                del screen[name]
            elif name == "hours" and name in screen:
                screen[name] = merged(screen[name], rows)
            else:
                screen[name] = rows

    assert days[-1] == screen


def merged(rows: list[panels.Row], changes: list[panels.Row]) -> list[panels.Row]:
    """As `assets/25-panels.js` does."""
    by_hour = {row[0]: row for row in rows} | {row[0]: row for row in changes}
    return sorted(row for row in by_hour.values() if row[1] or row[2])


def test_nothing_travels_when_nothing_changed() -> None:
    found = of_the_day(hour={"07": 600}, store={"1": 600})

    assert {} == panels.changed(found, dict(found))


def test_bars_are_the_largest_first_and_the_rest_in_one() -> None:
    amounts = {f"category {n:02}": 100 * n for n in range(1, MAX_BARS + 4)}
    bars = frames.ranked_bars(categories(NOON, **amounts).categories)

    assert [
        *(Bar(f"category {n:02}", f"{n}.00") for n in range(MAX_BARS + 3, 3, -1)),
        Bar(frames.OTHER, "6.00"),
    ] == bars
