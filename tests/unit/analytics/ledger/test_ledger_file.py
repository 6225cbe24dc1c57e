"""A ledger of another calendar, a damaged or a foreign file is refused; the way out is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from analytics.ledger.continuity import require_continuing
from analytics.ledger.ledger_errors import LedgerUnreadableError, OtherCalendarError
from analytics.ledger.ledger_file import Ledger, Progress
from analytics.ledger.ownership import (
    OtherOwnersCalendarError,
    adopt,
    require_owners_calendar,
)
from analytics.verify.recount import new_ledger
from tests.support.logs import KnownLog
from tests.unit.analytics.verify.test_recount import STORES
from tillstream.calendars import described
from tillstream.clock import BusinessDay
from tillstream.log.continuity import LogReplacedError
from tillstream.log.log_days import MAX_STEP, DaysOfLog, majority_day
from tillstream.log.reader import LogMessage, LogTruncatedError, message_digest
from tillstream.runtime.owned_file import owned, rebuilt_path
from tillstream.stores import StoreTable


def test_who_only_reads_a_ledger_makes_none(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Ledger(tmp_path / "totals.sqlite3", create=False)

    assert [] == list(tmp_path.iterdir())


def test_a_ledger_refuses_another_calendar_and_names_both(tmp_path: Path) -> None:
    zone = STORES.default.zone
    other = StoreTable(BusinessDay(zone, 4), {})
    table = StoreTable(STORES.default, {"7": BusinessDay(zone, 2)})
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.require_calendar(described(STORES))
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.require_calendar(described(StoreTable(STORES.default, {"7": STORES.default})))
        for another in (other, table):
            with pytest.raises(OtherCalendarError, match=r"Paris from 0:00.*Paris from .*recount"):
                ledger.require_calendar(described(another))


def rebuild(path: Path, calendar: str) -> None:
    with new_ledger(path) as counted:
        counted.finish(calendar, Progress())


def test_a_recount_of_another_calendar_than_the_owners_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with owned(path, "the worker's") as ours:
        assert ours
        require_owners_calendar(path, "the worker's")
        with pytest.raises(OtherOwnersCalendarError, match=r"the worker's.*another"):
            require_owners_calendar(path, "another")
        rebuild(path, "another")

        assert (False, False) == (adopt(path, "the worker's"), rebuilt_path(path).exists())
        rebuild(path, "the worker's")
        assert adopt(path, "the worker's")


def test_a_file_that_is_no_ledger_is_told_with_the_way_out(tmp_path: Path) -> None:
    text, foreign, older = (tmp_path / name for name in ("text", "foreign", "older"))
    text.write_bytes(b"this is not a database" * 100)
    for path, version in ((foreign, 0), (older, 2)):
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE progress (x)")
            database.execute(f"PRAGMA user_version={version}")
    for path in (text, foreign, older):
        with pytest.raises(LedgerUnreadableError, match="tillstream recount"):
            Ledger(path)


def test_a_log_goes_on_only_after_the_message_that_was_counted_last() -> None:
    first, last, after = (LogMessage(offset, b"%d" % offset, None) for offset in (3, 7, 9))
    counted = Progress(8, last_digest=message_digest(last))
    require_continuing(Progress(), KnownLog())
    require_continuing(counted, KnownLog(first, last, after))
    require_continuing(counted, KnownLog(last._replace(offset=8), after))
    for another in (
        KnownLog(),
        KnownLog(first),
        KnownLog(first, last._replace(body=b"x"), after),
    ):
        with pytest.raises(LogReplacedError):
            require_continuing(counted, another)
    with pytest.raises(LogTruncatedError, match="recount --from archive"):
        require_continuing(counted, KnownLog(after))


def test_a_clock_that_jumps_by_years_makes_the_log_older_by_two_days_at_most() -> None:
    today = 740_000
    ahead = DaysOfLog(today, today).advanced(today + 401)
    again = ahead.advanced(today + 401)
    back = again.advanced(today)

    assert (today + MAX_STEP, True) == (ahead.certain(), ahead.is_refused())
    assert ahead == again
    assert today == back.certain()


def test_the_log_has_come_to_the_day_of_most_receipts() -> None:
    actual = [majority_day(days) for days in ([], [5], [5, 5, 900], [5, 900])]

    assert [None, 5, 5, 5] == actual
