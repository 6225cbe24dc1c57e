"""Each scheduled time runs once: by the clock, after a pause, beside others, when clocks jump."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from jobs import rehearsal, scheduler
from jobs.job_list import JobList
from jobs.jobs_file import load
from jobs.rehearsal import FastClock
from jobs.run_book import HISTORY_DAYS, MOST_SKIPPED, RunBook
from jobs.running import Running
from jobs.scheduler import Scheduler
from jobs.settings import JobsSettings
from tests.support.jobs import PARIS, JumpingClock, Told, job, runs
from tillstream import job_records as records
from tillstream.archive import Document
from tillstream.clock import utc

ROOT = Path(__file__).resolve().parents[3]
MIDNIGHT = datetime(2026, 10, 24, tzinfo=PARIS).timestamp()
HOUR = 3600.0


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Any:
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


def test_a_days_clock_runs_every_job_at_its_time_once(
    database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    # From one event to the next.
    monkeypatch.setattr(scheduler, "QUIET_SECONDS", 86_400.0)
    # The day with 25 hours.
    start = MIDNIGHT + 24 * HOUR
    jobs = [
        job("nightly", "30 2 * * *"),
        job("every-three-hours", "0 */3 * * *"),
        job("half-hours", "15,45 6-7 * * *"),
        job("weekdays", "0 9 * * 1-5"),
        job("disabled", "0 * * * *", enabled=False),
    ]
    told = Told(database, JumpingClock(start - 1), jobs).run_until(start + 25 * HOUR - 1)

    def at(*times: str) -> list[list[str]]:
        return [[f"25 {time}", records.SCHEDULED, records.OK, "1"] for time in times]

    assert {
        "nightly": at("02:30"),
        "every-three-hours": at(
            "00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"
        ),
        "half-hours": at("06:15", "06:45", "07:15", "07:45"),
        "weekdays": [],
        "disabled": [],
    } == {each.name: runs(database, each.name) for each in jobs}
    assert 13 == told.launched
    late = [(run["startedAt"] - run["at"]).total_seconds() for run in database[records.RUNS].find()]
    assert max(late) < 2


def test_of_missed_times_the_newest_is_made_up_once_and_the_others_are_skipped(
    database: Database[Document],
) -> None:
    clock = JumpingClock(MIDNIGHT - 1)
    Told(database, clock, [job()]).run_until(MIDNIGHT + 60)
    clock.now = MIDNIGHT + 3 * HOUR + 600
    Told(database, clock, [job()]).run_until(clock.now + 60)
    Told(database, clock, [job()]).run_until(clock.now + 60)

    assert [
        ["24 00:00", "scheduled", "ok", "1"],
        ["24 01:00", "scheduled", "skipped", "0"],
        ["24 02:00", "scheduled", "skipped", "0"],
        ["24 03:00", "made up", "ok", "1"],
    ] == runs(database, "export")


def test_so_many_skipped_times_are_written_and_the_others_counted(
    database: Database[Document],
) -> None:
    each_minute = [job(cron="* * * * *")]
    clock = JumpingClock(MIDNIGHT - 1)
    Told(database, clock, each_minute).run_until(MIDNIGHT + 1)
    clock.now += 60 * 200
    Told(database, clock, each_minute).run_until(clock.now + 1)

    skipped = list(database[records.RUNS].find({"state": records.SKIPPED}, sort=[("at", 1)]))
    assert (MOST_SKIPPED, "missed; a later time was run in its place, as 99 before it") == (
        len(skipped),
        skipped[0]["reason"],
    )


def test_times_before_a_job_was_there_or_enabled_or_had_them_are_not_missed(
    database: Database[Document],
) -> None:
    clock = JumpingClock(MIDNIGHT + 600)
    for jobs in (
        [job()],
        [job(enabled=False)],
        [job()],
        [job(cron="30 * * * *")],
    ):
        clock.now += 5 * HOUR
        Told(database, clock, jobs).run_until(clock.now + 60)

    assert [] == runs(database, "export")


def test_nothing_runs_twice_when_the_clock_is_set_back(database: Database[Document]) -> None:
    clock = JumpingClock(MIDNIGHT - 1)
    told = Told(database, clock, [job()])
    told.scheduler.begin()

    def until(end: float) -> None:
        while clock.now < end:
            clock.wait(min(told.scheduler.turn(), end - clock.now))

    until(MIDNIGHT + 2 * HOUR + 60)
    clock.now = MIDNIGHT + HOUR - 60
    until(MIDNIGHT + 3 * HOUR + 60)
    # Restarted while the clock is behind.
    clock.now = MIDNIGHT + HOUR - 60
    Told(database, clock, [job()]).run_until(MIDNIGHT + 4 * HOUR + 60)

    assert [[f"24 0{hour}:00", "scheduled", "ok", "1"] for hour in range(5)] == runs(
        database, "export"
    )


def test_a_clock_that_was_years_ahead_does_not_hold_the_jobs_up(
    database: Database[Document],
) -> None:
    clock = JumpingClock(MIDNIGHT + 3000 * 24 * HOUR + 60)
    told = Told(database, clock, [job()])
    told.scheduler.begin()
    clock.wait(told.scheduler.turn())
    clock.now = MIDNIGHT - 60
    told.run_until(MIDNIGHT + HOUR + 60)

    assert ["24 00:00", "24 01:00"] == [each[0] for each in runs(database, "export")][:2]


def test_two_schedulers_run_each_time_once(database: Database[Document]) -> None:
    clock = FastClock(MIDNIGHT - 1, 20_000)
    jobs = [job("hourly"), job("half-hourly", "0,30 * * * *")]
    stop = threading.Event()

    def schedule(holder: str) -> None:
        with ThreadPoolExecutor(len(jobs)) as executor:
            book = RunBook(database, holder, clock)
            running = Running(book, Path("var"), stop, launch=rehearsal._nothing)
            own = Scheduler(jobs, database, holder, running, clock, stop, executor)
            own.run(lambda seconds: stop.wait(clock.real(seconds)))

    threads = [threading.Thread(target=schedule, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    stop.wait(clock.real(24 * HOUR))
    stop.set()
    for thread in threads:
        thread.join(20)
    found = [each for name in ("hourly", "half-hourly") for each in runs(database, name)]
    holders = database[records.RUNS].distinct("holder")

    assert {"one", "two"} == set(holders)
    assert len(found) > 60
    # One that came too late for its time is skipped, as a later one ran in its place.
    assert {("ok", "1"), ("skipped", "0")} >= {(state, number) for _, _, state, number in found}


def test_the_jobs_of_the_clone_run_a_day_at_a_fast_clock_each_time_once(mongo_url: str) -> None:
    jobs = load(ROOT / "jobs.toml", PARIS.key)
    settings = JobsSettings(mongo_url=mongo_url, mongo_database="jobs-test")
    end = MIDNIGHT + 24 * HOUR - 1
    # Three hours, no less is between two times of a job, take 2.5 s: on a machine that stands
    # still longer the newest time stands for those before it.
    table, good = rehearsal.rehearse(
        settings, jobs, "a test", MIDNIGHT - 1, end, 4_320, threading.Event()
    )

    assert good, table


def test_history_is_kept_for_400_days(database: Database[Document]) -> None:
    clock = JumpingClock(MIDNIGHT)
    book = RunBook(database, "holder", clock)
    now = utc(clock.now)
    for days in (HISTORY_DAYS - 1, HISTORY_DAYS + 1):
        database[records.RUNS].insert_one({"_id": days, "at": now - timedelta(days=days)})

    assert 1 == book.prune()
    assert [HISTORY_DAYS - 1] == [run["_id"] for run in database[records.RUNS].find()]


def test_jobs_that_are_no_more_declared_are_not_listed(database: Database[Document]) -> None:
    JobList(database).declare([job("one"), job("two")], MIDNIGHT)
    JobList(database).declare([job("two")], MIDNIGHT)

    assert ["two"] == [each["_id"] for each in database[records.JOBS].find()]
