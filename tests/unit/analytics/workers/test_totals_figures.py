"""What the totals worker tells Prometheus, before its ledger is open and after a batch."""

import numpy as np

from analytics.workers.totals_figures import MAX_CATEGORIES, TotalsFigures
from tillstream.runtime.watching.figures import text
from tillstream.runtime.watching.watched import Watched
from tillstream.snapshots import CategoriesSnapshot, CategoryTotal


def lines(watched: Watched, name: str) -> list[str]:
    """The samples of a figure."""
    return [line for line in text(watched.registry).decode().splitlines() if line.startswith(name)]


def test_it_answers_before_its_ledger_is_open() -> None:
    watched = Watched("totals")
    TotalsFigures(watched, lambda: 100.0)

    assert [] == lines(watched, "tillstream_ledger_bytes")
    assert ["tillstream_counted_receipts_total 0.0"] == lines(
        watched, "tillstream_counted_receipts_total"
    )


def test_a_batch_that_begins_anew_counts_once_and_tells_how_far_behind_it_is() -> None:
    watched = Watched("totals")
    figures = TotalsFigures(watched, lambda: 100.0)
    figures.begun()
    figures.read(np.array([99.0, 98.0]))
    figures.begun()
    figures.read(np.array([99.5, 90.0, 99.5]))
    figures.committed(next_offset=8, log_offset=9)

    name = "tillstream_received_to_committed_seconds"
    assert [f"{name}_count 3.0", f"{name}_sum 11.0"] == [
        *lines(watched, f"{name}_count"),
        *lines(watched, f"{name}_sum"),
    ]
    assert (2, 0.5) == (watched.vitals.behind_messages, watched.vitals.behind_seconds)


def test_only_the_largest_categories_are_shown_and_a_new_day_has_none_of_the_old() -> None:
    def of(day: str, *sums: int) -> CategoriesSnapshot:
        totals = tuple(CategoryTotal(f"c{each}", each, "", 0) for each in sums)
        return CategoriesSnapshot(day, "Europe/Berlin", "EUR", totals, 0.0)

    watched, name = Watched("totals"), "tillstream_day_category_gross_minor"
    figures = TotalsFigures(watched, lambda: 100.0)
    figures.categories(of("2026-05-04", *range(30, 0, -1)))
    old = lines(watched, name)
    figures.categories(of("2026-05-05", 7))

    assert (MAX_CATEGORIES, f'{name}{{category="c30"}} 30.0') == (len(old), old[0])
    assert [f'{name}{{category="c7"}} 7.0'] == lines(watched, name)
