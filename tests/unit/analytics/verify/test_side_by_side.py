"""The sums of the log, the ledger and the archive stand beside each other, by day and by store."""

from datetime import date
from pathlib import Path

from analytics.ledger.ledger_file import Ledger
from analytics.verify.side_by_side import Row, as_text, rows
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures

DAY, NEXT = CurrencyDay(date(2026, 11, 21)), CurrencyDay(date(2026, 11, 22))


def totals(**stores: tuple[int, int]) -> dict[tuple[str, str], Figures]:
    """The totals of a day of which these stores have receipts and cents."""
    found = {
        ("store", store): Figures(receipts, 0, cents) for store, (receipts, cents) in stores.items()
    }
    all_of_them = Figures(
        sum(receipts for receipts, _ in stores.values()), 0, sum(c for _, c in stores.values())
    )
    return found | {("day", ""): all_of_them}


def test_each_day_and_store_that_any_book_has_is_a_row() -> None:
    archive = {(DAY, "a"): (2, 1200), (DAY, "b"): (1, -4)}
    with Ledger(Path(":memory:")) as log, Ledger(Path(":memory:")) as ledger:
        log.write_totals(DAY, totals(a=(2, 1200), b=(1, -5)).items())
        ledger.write_totals(DAY, totals(a=(2, 1200), b=(1, -5)).items())
        ledger.write_totals(NEXT, totals(a=(1, 1)).items())

        by_day = rows(log, ledger, archive, by_store=False)
        by_store = rows(log, ledger, archive, by_store=True)

    none = (0, 0)
    assert [
        Row("2026-11-21", "", (3, 1195), (3, 1195), (3, 1196)),
        Row("2026-11-22", "", none, (1, 1), none),
    ] == by_day
    assert [
        Row("2026-11-21", "a", (2, 1200), (2, 1200), (2, 1200)),
        Row("2026-11-21", "b", (1, -5), (1, -5), (1, -4)),
        Row("2026-11-22", "a", none, (1, 1), none),
    ] == by_store
    assert [True, False, False] == [row.agrees() for row in by_store]


def test_a_table_has_its_figures_under_their_heads() -> None:
    row = Row("2026-11-21", "", (1234, 123456), (1234, 123456), (1233, 123455))

    assert [
        "day         store  receipts: log  ledger  archive  gross: log   ledger  archive",
        "2026-11-21  all            1,234   1,234    1,233     1234.56  1234.56  1234.55  DIFFER",
    ] == as_text([row]).splitlines()
