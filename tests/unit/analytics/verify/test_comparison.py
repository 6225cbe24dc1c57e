"""Days and stores of the log are held against those of the archive, whose sums are made once."""

from datetime import date, timedelta
from pathlib import Path

from analytics.ledger.ledger_file import Ledger
from analytics.verify.archive_comparison import ArchiveComparison, ByStore
from analytics.verify.comparison import compare_archive
from analytics.verify.recount import Recount
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures


class AskedComparison(ArchiveComparison):
    """Counts how often all sums are made."""

    asked = 0

    def by_store(self) -> ByStore:
        self.asked += 1
        return super().by_store()


def test_every_day_and_store_that_the_archive_lacks_differs_and_its_sums_are_made_once() -> None:
    days = [CurrencyDay(date(2026, 11, 1) + timedelta(each)) for each in range(3)]
    with Ledger(Path(":memory:")) as ledger:
        recount = Recount(ledger)
        for day in days:
            ledger.write_totals(
                day, {("store", name): Figures(2, 0, 500) for name in ("a", "b")}.items()
            )
        archive = AskedComparison(recount)

        differences = compare_archive(recount, archive, frozenset({days[2].ordinal()}))

    assert [(str(day), name) for day in days[:2] for name in ("a", "b")] == [
        (each.day, each.store) for each in differences
    ]
    assert {("(2, 500)", "(0, 0)")} == {(each.expected, each.found) for each in differences}
    assert 1 == archive.asked
