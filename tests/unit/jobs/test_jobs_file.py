"""Every mistake of jobs.toml is told at once, with its line and a proposal."""

from pathlib import Path

import pytest

from jobs import jobs_file
from tillstream.streams.mistakes import DefinitionError

ROOT = Path(__file__).resolve().parents[3]


def test_every_mistake_is_told_with_its_line_and_a_proposal(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text(
        """\
[[job]]
name = "Nightly"
command = "persistance seal"
cron = "30 4 * *"

[[job]]
name = "seal"
command = "persistence seal {att}"
cron = "30 4 * * *"
zone = "Europe/Pari"
limit = "1 hour"
retries = 99
retrys = 1

[[job]]
name = "twice"
command = "events verify"
cron = "0 0 30 2 *"

[[job]]
name = "one"
command = "events verify"
cron = "0 1 * * *"

[[job]]
name = "one"
command = "events 'verify"
cron = "0 1 * * *"
"""
    )
    with pytest.raises(DefinitionError) as told:
        jobs_file.load(path, "Europe/Paris")

    assert [
        "2: job 1: name = 'Nightly': small letters, digits and -, at most 40",
        "3: job 1: command: no module 'persistance' to run; did you mean 'persistence'?",
        "4: job 1: cron = '30 4 * *': write five fields, minute hour day month weekday, as in"
        " `30 4 * * *`",
        "8: job 2: command: no {att}; did you mean 'at'?",
        "10: job 2: zone = 'Europe/Pari'; did you mean 'Europe/Paris'?",
        "11: job 2: limit = '1 hour': write a number and one of ms, s, min, h, days, such as"
        " `10 min`",
        "12: job 2: 'retries' has to be from 0 to 10",
        "13: job 2: unknown key 'retrys'; did you mean 'retries'?",
        "18: job 3: cron = '0 0 30 2 *': the day-of-month is none; `30 4 * * *` is every day at"
        " 04:30",
        '27: job 5: command = "events \'verify": No closing quotation',
    ] == [f"{each.line}: {each.text}" for each in told.value.mistakes]


def test_a_command_that_no_process_can_be_given_is_told(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text('[[job]]\nname = "one"\ncommand = "events \\u0000"\ncron = "0 1 * * *"\n')
    with pytest.raises(DefinitionError, match=r"jobs.toml:3: .* command: .* cannot be printed"):
        jobs_file.load(path, "Europe/Paris")


def test_a_name_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.toml"
    one = '[[job]]\nname = "one"\ncommand = "events verify"\ncron = "0 1 * * *"\n'
    path.write_text(one + one)
    with pytest.raises(DefinitionError, match=r"jobs.toml:6: .* a job 'one' before it"):
        jobs_file.load(path, "Europe/Paris")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="not readable: no file"):
        jobs_file.load(tmp_path / "none.toml", "Europe/Paris")


def test_the_jobs_that_come_with_the_clone_hold() -> None:
    names = [job.name for job in jobs_file.load(ROOT / "jobs.toml", "Europe/Paris")]

    assert {"tiers", "seal", "compact", "verify", "verify-events", "backup"} <= set(names)
