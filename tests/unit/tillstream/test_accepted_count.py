"""The door's own count: exact, all or nothing, and the sum of all its processes."""

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tillstream import accepted_count
from tillstream.accepted_count import AcceptedCount, AcceptedSale
from tillstream.currency_day import CurrencyDay

DAY = CurrencyDay(date(2026, 11, 21))


def test_what_several_processes_accepted_is_summed_by_day_and_store(tmp_path: Path) -> None:
    first, second = AcceptedCount(tmp_path, "1"), AcceptedCount(tmp_path, "2")
    first.add([(DAY, "7", 600), (DAY, "7", 590), (DAY, "8", 100)])
    second.add([(DAY, "7", -200)])
    for one in (first, second):
        one.close()

    actual = accepted_count.read(tmp_path)

    assert {(DAY, "7"): (3, 990), (DAY, "8"): (1, 100)} == actual


def test_no_door_has_accepted_nothing(tmp_path: Path) -> None:
    assert {} == accepted_count.read(tmp_path / "none")


sales = st.lists(st.tuples(st.just(DAY), st.sampled_from("ab"), st.integers(-500, 500)))


@given(st.lists(sales, max_size=5))
def test_the_count_does_not_depend_on_how_receipts_are_grouped(
    tmp_path_factory: object, groups: list[list[AcceptedSale]]
) -> None:
    folder = tmp_path_factory.mktemp("accepted_count")  # type: ignore[attr-defined]
    one_by_one, grouped = AcceptedCount(folder / "a", "x"), AcceptedCount(folder / "b", "x")
    for group in groups:
        grouped.add(group)
        for sale in group:
            one_by_one.add([sale])
    for each in (one_by_one, grouped):
        each.close()

    assert accepted_count.read(folder / "a") == accepted_count.read(folder / "b")
