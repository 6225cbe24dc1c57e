"""A closed day that was proved is not compared again, unless something of it has changed."""

import subprocess
import sys
import threading
from datetime import date
from typing import Any

import httpx
import pytest

from analytics.commands.verify_command import verify
from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.ledger_file import Ledger
from analytics.settings import VerifySettings
from analytics.verify.day_proofs import ProvedDays
from tests.support.books import Books, post, today
from tests.support.ledgers import kept_keys, totals_by_day
from tests.support.receipts import receipt
from tests.support.waiting import wait_until
from tillstream.currency_day import CurrencyDay
from tillstream.runtime.data_folder import LEDGER
from tillstream.runtime.settings import load

OLD, OLDER = "2026-11-03", "2026-11-02"


def old(number: int, day: str = OLD, **changes: Any) -> dict[str, Any]:
    return receipt(number, date=f"{day} 09:00:00", **changes)


def figures(books: Books, *options: str) -> tuple[int, dict[str, int]]:
    """The status of `verify`, and some of its figures."""
    status, report = books.verify("--wait", "5", *options)
    names = ("accepted", "counted", "stored", "proved_days", "proved_receipts")
    return status, {name: report[name] for name in names}


def counted_again(books: Books, count: int) -> None:
    """Wait until the ledger has so many identities."""

    def identities() -> int:
        with Ledger(books.data_dir / LEDGER) as ledger:
            return sum(each.open + each.closed for each in ledger.identities.days())

    wait_until(lambda: identities() == count, 30, f"{count} identities")


def persistence(books: Books, *arguments: str, **environ: str) -> None:
    """Run a command of the persistence room, which succeeds."""
    subprocess.run(
        [sys.executable, "-m", "persistence", *arguments],
        env={**books.environ, "PATH": "", **environ},
        check=True,
        timeout=120,
    )


@pytest.fixture
def proved(books: Books) -> Books:
    """Two old days that were proved, one of the present that is open."""
    post(books, old(1), old(2), old(3, OLDER), today(4))
    counted_again(books, 4)
    assert (0, (4, 4)) == (
        (found := figures(books))[0],
        (found[1]["accepted"], found[1]["counted"]),
    )
    return books


def test_a_day_that_was_proved_is_not_compared_again(proved: Books) -> None:
    post(proved, today(5))
    counted_again(proved, 5)

    again, everything = figures(proved), figures(proved, "--all")

    assert (
        0,
        {"accepted": 5, "counted": 5, "stored": 5, "proved_days": 2, "proved_receipts": 3},
    ) == again
    assert (0, 5, 0) == (everything[0], everything[1]["counted"], everything[1]["proved_days"])
    line = proved.command("verify").stdout.splitlines()[-1]
    assert line.endswith("proved before 3 (days 2)")


def test_a_late_receipt_opens_its_day_again(proved: Books) -> None:
    post(proved, old(6), old(1))
    counted_again(proved, 5)

    opened, closed = figures(proved), figures(proved)

    # The day beside it is read as well: a receipt may be of either.
    assert (0, 1, 1) == (opened[0], opened[1]["proved_days"], opened[1]["proved_receipts"])
    # A retry was accepted as well.
    assert (6, 5, 5) == tuple(opened[1][name] for name in ("accepted", "counted", "stored"))
    assert (0, 2, 4) == (closed[0], closed[1]["proved_days"], closed[1]["proved_receipts"])


def test_what_is_altered_in_a_proved_day_is_found(proved: Books) -> None:
    proved.archive.update_one({"businessDay": OLD}, {"$inc": {"grossMinor": 1}})
    in_archive = proved.verify("--wait", "1")
    proved.archive.update_one({"businessDay": OLD}, {"$inc": {"grossMinor": -1}})
    old_day = CurrencyDay(date.fromisoformat(OLD))
    with Ledger(proved.data_dir / LEDGER) as ledger:
        totals = ledger.totals(old_day)
        totals[WHOLE_DAY].gross_minor += 1
        ledger.write_totals(old_day, totals.items())
    in_ledger = proved.verify("--wait", "1")

    assert [1, 1] == [in_archive[0], in_ledger[0]]
    assert [OLD] == [each["day"] for each in in_archive[1]["differences"]]
    # MongoDB's figures of the day are no longer the ledger's, either.
    assert {OLD} == {each["day"] for each in in_ledger[1]["differences"]}


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_days_that_left_mongodb_for_parquet_are_not_lost(proved: Books, options: list[str]) -> None:
    persistence(proved, "tiers", "--once", RECEIPTS_RETENTION_DAYS="1")
    left = proved.archive.count_documents({})

    status, report = proved.verify("--wait", "5", *options)

    assert (1, 0, 0, 0) == (left, status, report["lost"], report["double_counted"])
    assert 4 == report["stored"]
    # A duplicate after the day has left counts once, and is no loss.
    with httpx.Client() as client:
        assert 202 == client.post(f"{proved.door}/receipt", json=old(1)).status_code
    counted_again(proved, 4)
    assert 0 == proved.verify("--wait", "5", *options)[0]


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_what_mongodb_lost_of_a_day_that_has_not_left_it_is_told(
    proved: Books, options: list[str]
) -> None:
    persistence(proved, "export-parquet")
    proved.archive.delete_one({"businessDay": OLD})

    status, report = proved.verify("--wait", "1", *options)

    assert (1, {OLD}) == (status, {each["day"] for each in report["differences"]})


@pytest.mark.parametrize("options", [[], ["--all"]])
def test_days_beyond_the_retention_of_files_are_told_and_no_difference(
    proved: Books, options: list[str]
) -> None:
    persistence(proved, "tiers", "--once", RECEIPTS_RETENTION_DAYS="1")
    persistence(proved, "export-parquet", PARQUET_RETENTION_DAYS="1")

    status, report = proved.verify("--wait", "5", *options)

    assert (0, 0, []) == (status, report["lost"], report["differences"])
    assert 1 <= report["removed_days"]


def at_night(number: int) -> dict[str, Any]:
    """Of the business day after the one that the till wrote."""
    return receipt(number, date=f"{OLDER}T23:00:00-03:00")


def test_a_day_opened_again_counts_what_tills_dated_on_the_day_beside_it(proved: Books) -> None:
    post(proved, at_night(5))
    counted_again(proved, 5)
    night = figures(proved)
    post(proved, old(6))
    counted_again(proved, 6)

    # The older day is proved, and a receipt of it is of the business day that is compared.
    assert (0, 0) == (night[0], figures(proved)[0])


def test_a_day_that_changes_while_it_is_left_out_is_no_difference(
    proved: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(proved, old(6))
    counted_again(proved, 5)
    figures(proved)
    # Beside a day of which something came, a proved one is read as well; it changes at the end.
    post(proved, old(7))
    counted_again(proved, 6)
    unchanged = ProvedDays.unchanged
    answers = iter([unchanged, lambda *_: set()])
    monkeypatch.setattr(ProvedDays, "unchanged", lambda *own: next(answers)(*own))
    settings = load(VerifySettings, proved.environ)

    report, rows = verify(settings, threading.Event(), wait_seconds=5)

    assert ([], 0, True) == (report.differences, report.proved_days, report.holds())
    assert all(row.agrees() for row in rows)


def test_a_ledger_of_the_archive_has_the_days_that_mongodb_dropped(proved: Books) -> None:
    # Of a day that was dropped one comes late; and one that nobody has seen, of a day of its own.
    persistence(proved, "tiers", "--once", RECEIPTS_RETENTION_DAYS="1")
    assert 1 == proved.archive.count_documents({})
    post(proved, old(6), receipt(7, date="2026-11-04 09:00:00", storeID=2))
    counted_again(proved, 6)
    with Ledger(proved.data_dir / LEDGER) as ledger:
        before = totals_by_day(ledger), kept_keys(ledger)

    recounted = proved.command("recount", "--from", "archive")

    with Ledger(proved.data_dir / LEDGER) as ledger:
        after = totals_by_day(ledger), kept_keys(ledger)
    assert (0, before) == (recounted.returncode, after)
    assert "counted 6 receipts" in recounted.stdout
    assert "3 of them from the analytic archive" in recounted.stdout
    assert 0 == proved.verify("--wait", "5")[0]
    assert 0 == proved.verify("--wait", "5", "--all")[0]


def test_a_recount_from_an_archive_that_lacks_receipts_is_refused(proved: Books) -> None:
    persistence(proved, "tiers", "--once", RECEIPTS_RETENTION_DAYS="1")
    files = proved.data_dir / "parquet"
    (file,) = files.glob(f"businessDay={OLD}/*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    damaged = proved.command("recount", "--from", "archive")
    file.write_bytes(whole)
    proved.archive.delete_many({})

    lacking = proved.command("recount", "--from", "archive", "--wait", "1")

    assert [1, 1] == [damaged.returncode, lacking.returncode]
    assert file.name in damaged.stderr
    assert "lack 1 receipts" in lacking.stderr
    with Ledger(proved.data_dir / LEDGER) as ledger:
        assert 4 == len(kept_keys(ledger))
