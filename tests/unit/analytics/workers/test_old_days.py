"""A receipt that comes again counts once, whatever became of its day; or it is said why not."""

from pathlib import Path
from zoneinfo import ZoneInfo

from analytics.ledger.identities import DayOfIdentities
from analytics.ledger.ledger_file import Ledger
from analytics.workers.totals import TotalsWorker
from tests.support.logs import NO_LOG
from tests.support.receipts import receipt, stamped
from tillstream.clock import BusinessDay
from tillstream.log.log_days import OPEN_DAYS
from tillstream.log.reader import LogMessage
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})
#: 2026-11-21 22:59:00 UTC: a minute before midnight in Paris.
EVENING = 1_795_301_940.0
DAY_SECONDS = 86_400
IDENTITY_DAYS = 10


class Chain:
    """A totals worker that lives through days, restarted for each receipt."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def send(self, number: int, *, sold: int = 0, received: int = 0) -> None:
        """A receipt sold and received so many days after the first one."""
        now = EVENING + DAY_SECONDS * received
        fields = receipt(number, date=f"2026-11-{21 + sold:02d} 23:58:30")
        with Ledger(self._path) as ledger:
            worker = TotalsWorker(ledger, STORES, lambda: now, NO_LOG, IDENTITY_DAYS)
            worker.count([LogMessage(self._offset, stamped(fields, received_time=now), None)])
            # Closing and dropping go on in small steps.
            for _ in range(20):
                worker._expiry.run(worker._state.counter.recent_days)
        self._offset += 1

    def told(self) -> tuple[int, int, int]:
        """Counted, duplicates, set aside."""
        with Ledger(self._path) as ledger:
            counted = sum(ledger.totals(day)["day", ""].receipts for day in ledger.days())
            progress = ledger.progress()
            return counted, progress.duplicates, progress.set_aside

    def states(self) -> dict[int, str]:
        """What became of the identities of each day, counted from the first one."""
        with Ledger(self._path) as ledger:
            days = ledger.identities.days()
            first = days[0].day
            return {each.day - first: _state(each) for each in days}


def _state(day: DayOfIdentities) -> str:
    if day.dropped:
        return "dropped"
    return "open" if day.open else "closed"


def test_a_receipt_that_comes_again_after_midnight_counts_once(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ledger")
    chain.send(1)
    chain.send(1, received=1)
    chain.send(1, sold=1, received=1)

    assert (2, 1, 0) == chain.told()


def test_a_receipt_of_a_closed_day_counts_once(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ledger")
    chain.send(1)
    for day in range(1, OPEN_DAYS + 1):
        chain.send(1, sold=day, received=day)
    assert "closed" == chain.states()[0]

    chain.send(1, received=OPEN_DAYS)
    chain.send(2, received=OPEN_DAYS)
    chain.send(2, received=OPEN_DAYS)

    assert (OPEN_DAYS + 2, 2, 0) == chain.told()


def test_a_receipt_of_a_dropped_day_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "ledger")
    for day in range(IDENTITY_DAYS - 1):
        chain.send(1, sold=day, received=day)
    for day in range(IDENTITY_DAYS - 1, IDENTITY_DAYS + 2):
        chain.send(day, sold=8, received=day)
    assert ("dropped", "closed") == (chain.states()[0], chain.states()[1])

    counted, duplicates, _ = chain.told()
    chain.send(1, received=IDENTITY_DAYS + 1)
    chain.send(1, sold=1, received=IDENTITY_DAYS + 1)

    assert (counted, duplicates + 1, 1) == chain.told()
    with Ledger(tmp_path / "ledger") as ledger:
        (aside,) = ledger.aside()
    assert ("2026-11-21 23:58:30/1/1/1", True) == (aside.key, "IDENTITY_DAYS" in aside.reason)
