"""A run: its limit, its retries, its end with the scheduler, its lease, its log."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from jobs import child
from jobs.ended import Ended
from jobs.lease import JobBusyError, Lease, LeaseLostError
from jobs.rehearsal import FastClock
from jobs.run_book import RunBook
from jobs.running import Running
from jobs.scheduler import Scheduler
from tests.conftest import running_mongo
from tests.support.commands import command
from tests.support.jobs import PARIS, JumpingClock, Told, job
from tests.support.processes import children, running
from tests.support.waiting import wait_until
from tillstream import archive
from tillstream import job_records as records
from tillstream.archive import Document

#: Waits for tomorrow, until it is ended.
LONG = "persistence tiers"


@pytest.fixture
def database(mongo_url: str, mongo_database: str) -> Iterator[Database[Document]]:
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        yield client[mongo_database]


def declared(folder: Path, *commands: tuple[str, str], cron: str = "* * * * *") -> str:
    """A file of jobs by name and command; its path."""
    path = folder / "jobs.toml"
    path.write_text(
        "".join(
            f'[[job]]\nname = "{name}"\ncommand = "{words}"\ncron = "{cron}"\n'
            for name, words in commands
        )
    )
    return str(path)


def is_alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def end_lease(database: Database[Document], name: str) -> None:
    """As if its time were over."""
    database[records.LEASES].update_one({"_id": name}, [{"$set": {"until": "$$NOW"}}])
    time.sleep(0.01)


def test_a_run_has_a_limit_that_nothing_in_its_group_outlives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child, "GRACE_SECONDS", 0.3)
    ended = child.run(["tests.support.stubborn"], os.environ, 6.0, lambda: None, threading.Event())
    pids = [int(line.split()[1]) for line in ended.lines]

    assert (records.TIMED_OUT, -signal.SIGKILL) == (ended.state, ended.exit_status)
    assert 2 == len(pids)
    wait_until(lambda: not any(map(is_alive, pids)), 20, "the group to be gone")


def test_a_run_that_fails_is_tried_again_and_each_attempt_is_kept(
    database: Database[Document],
) -> None:
    clock = JumpingClock(1_800_000_000 - 1)
    told = Told(database, clock, [job(retries=2, backoff_seconds=0.02)])
    told.ends = [records.FAILED, records.TIMED_OUT, records.OK, records.FAILED]
    told.run_until(clock.now + 2 * 3600)
    found = list(database[records.RUNS].find({}, sort=[("at", 1)]))

    assert [
        ("ok", ["failed", "timed out", "ok"], 0),
        ("failed", ["failed", "failed", "failed"], 1),
    ] == [
        (run["state"], [each["state"] for each in run["attempts"]], run["exitStatus"])
        for run in found
    ]


def test_a_killed_schedulers_run_ends_with_it_and_is_made_up_once(
    mongo_url: str, database: Database[Document], tmp_path: Path
) -> None:
    settings = {
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database.name,
        "JOBS_FILE": declared(tmp_path, ("long", LONG)),
    }
    # A time has to come soon, and no minute shall pass meanwhile.
    wait_until(lambda: time.time() % 60 < 40, 25, "another minute")
    with running("jobs", "scheduler", **settings) as first:
        wait_until(lambda: database[records.JOBS].find_one(), 20, "the scheduler")
        # As if it had been there before this minute.
        database[records.JOBS].update_one(
            {}, [{"$set": {"since": {"$subtract": ["$since", 60_000]}}}]
        )
        first.kill()
        first.wait(10)
    # It may have been killed while it looked at the job.
    end_lease(database, "long")
    with running("jobs", "scheduler", **settings) as second:
        wait_until(
            lambda: database[records.RUNS].find_one({"attempts.0": {"$exists": True}}), 20, "a run"
        )
        [group] = wait_until(lambda: children(second.pid), 20, "the process of the run")
        second.kill()
        second.wait(10)
    wait_until(lambda: not is_alive(group), 20, "the run to end with its scheduler")
    [left] = database[records.RUNS].find()
    with pytest.raises(JobBusyError):
        Lease(database, "long", "another").take()
    end_lease(database, "long")
    again = Told(database, JumpingClock(left["at"].timestamp() + 30), [job("long", "* * * * *")])
    again.run_until(again.clock.now + 10)

    assert records.RUNNING == left["state"]
    [made_up] = database[records.RUNS].find()
    assert ("made up", "ok", ["interrupted", "ok"]) == (
        made_up["kind"],
        made_up["state"],
        [each["state"] for each in made_up["attempts"]],
    )


def test_a_run_by_hand_takes_the_lease_and_keeps_its_log(
    mongo_url: str, database: Database[Document], tmp_path: Path
) -> None:
    settings = {
        "MONGO_URL": mongo_url,
        "MONGO_DATABASE": database.name,
        "DATA_DIR": str(tmp_path),
        "JOBS_FILE": declared(tmp_path, ("check", "jobs list"), ("wrong", "jobs nothing")),
    }
    ran = command("jobs", "run", "check", **settings)
    failed = command("jobs", "run", "wrong", **settings)
    Lease(database, "check", "somebody else").take()
    busy = command("jobs", "run", "check", **settings)
    unknown = command("jobs", "run", "chekc", **settings)
    told = command("jobs", "history", "check", **settings)
    [run] = database[records.RUNS].find({"job": "check"})
    logged = command("jobs", "log", run["_id"], **settings)
    listed = command("jobs", "list", **settings)

    assert (0, 1, 1, 1) == tuple(each.returncode for each in (ran, failed, busy, unknown))
    assert "invalid choice: 'nothing'" in failed.stdout
    assert "check is run by another process" in busy.stderr
    assert "there is no job 'chekc'; did you mean 'check'?" in unknown.stderr
    assert run["_id"] in told.stdout
    assert "exit status 0" in logged.stdout
    assert len(run["lines"]) > 0
    assert "jobs list" in listed.stdout


def test_a_lease_that_was_taken_over_ends_the_run(database: Database[Document]) -> None:
    now = [0.0]
    lease = Lease(database, "export", "one", lambda: now[0])
    lease.take()
    end_lease(database, "export")
    Lease(database, "export", "two").take()
    now[0] += 11
    with pytest.raises(LeaseLostError, match="another process"):
        lease.keep()
    lease.give_back()
    with pytest.raises(JobBusyError):
        Lease(database, "export", "three").take()


def test_a_run_is_ended_before_others_may_have_its_lease(database: Database[Document]) -> None:
    now = [0.0]
    lease = Lease(database, "export", "one", lambda: now[0])
    lease.take()
    lease.keep()
    now[0] += 44
    lease._tried = now[0]
    lease.keep()
    now[0] += 1.5
    with pytest.raises(LeaseLostError, match="away"):
        lease.keep()


def test_nothing_is_lost_while_mongodb_is_away(tmp_path: Path) -> None:
    start = datetime(2026, 10, 24, tzinfo=PARIS).timestamp()
    # A minute of this clock is a second.
    clock, stop = FastClock(start - 1, 60), threading.Event()
    begun: list[float] = []

    def launch(*_: Any) -> Ended:
        begun.append(clock())
        time.sleep(0.4)
        return Ended(records.OK, 0, [])

    with (
        running_mongo(tmp_path / "mongo") as (url, supervisor),
        archive.connect(url, "test", server_ms=500, socket_ms=3_000) as client,
        ThreadPoolExecutor(1) as executor,
    ):
        database = archive.majority(client, "jobs")
        book = RunBook(database, "one", clock)
        running_jobs = Running(book, Path("var"), stop, launch=launch)
        jobs = [job("minutely", "* * * * *")]
        scheduler = Scheduler(jobs, database, "one", running_jobs, clock, stop, executor)

        def wait(seconds: float) -> None:
            stop.wait(clock.real(seconds))

        thread = threading.Thread(target=scheduler.run, args=(wait,))
        thread.start()
        wait_until(lambda: len(begun) >= 2, 20, "two runs")
        # In the middle of a run.
        supervisor.control.signal("mongod", "KILL")
        before = len(begun)
        wait_until(lambda: len(begun) >= before + 3, 40, "runs after it came back")
        stop.set()
        thread.join(20)
        executor.shutdown()
        found = list(database[records.RUNS].find({}, sort=[("at", 1)]))
    ran = [run for run in found if run["state"] == records.OK]
    gaps = {(after["at"] - before["at"]).total_seconds() for before, after in pairwise(found)}

    assert {60.0} == gaps
    assert {records.OK, records.SKIPPED} == {run["state"] for run in found}
    assert len(begun) == len(ran)
    assert {1} == {len(run["attempts"]) for run in ran}
