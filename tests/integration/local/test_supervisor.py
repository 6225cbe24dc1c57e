"""The supervisor: a program that ends is started again, a message says which one is not ready."""

import io
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from local import processes
from local.follow import Follower
from local.lock import locked
from local.programs import SERVERS, Program
from local.supervisor import Condition, Supervisor
from local.watch import Watch
from tests.support.waiting import wait_until
from tillstream.errors import ServerNotReadyError

SLEEP = "import time; print('up', flush=True); time.sleep(600)"


def python(name: str, code: str, env: dict[str, str] | None = None) -> Program:
    """A program of a few lines, started at once."""
    return Program(name, (sys.executable, "-c", code), env or {}, SERVERS)


def wait_until_up(data_dir: Path, times: int = 1) -> None:
    """Wait until the program `sleeper` has started so often."""
    log = data_dir / "log" / "sleeper.log"
    wait_until(lambda: log.exists() and log.read_text().count("up") >= times, 20, f"start {times}")


def test_a_killed_program_is_started_again(tmp_path: Path) -> None:
    with Supervisor(tmp_path, [python("sleeper", SLEEP)]) as supervisor:
        wait_until_up(tmp_path)
        first = supervisor.control.statuses()["sleeper"].pid
        os.kill(first, signal.SIGKILL)
        wait_until_up(tmp_path, times=2)

        assert supervisor.control.statuses()["sleeper"].pid not in (0, first)


def test_a_stopped_program_stays_away_until_it_is_started(tmp_path: Path) -> None:
    with Supervisor(tmp_path, [python("sleeper", SLEEP)]) as supervisor:
        control = supervisor.control
        wait_until_up(tmp_path)
        control.stop("sleeper")
        assert control.statuses()["sleeper"].state == "STOPPED"

        control.start("sleeper", wait=True)
        assert control.statuses()["sleeper"].state == "RUNNING"


def test_the_environment_of_a_program_is_taken_as_it_is_written(tmp_path: Path) -> None:
    value = "amqp://me:p%40ss;word@host/ %(x)s 'quoted' ;4 #5 ' ;"
    show = "import os, time; print(os.environ['SETTING'], flush=True); time.sleep(600)"
    log = tmp_path / "log" / "shower.log"
    with Supervisor(tmp_path, [python("shower", show, {"SETTING": value})]):
        wait_until(lambda: log.exists() and log.read_text(), 20, "the output")

    assert log.read_text() == value + "\n"


def test_a_program_that_is_not_ready_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    never = Condition("sleeper", "the moon", lambda: False)
    with (
        Supervisor(tmp_path, [python("sleeper", SLEEP)]) as supervisor,
        pytest.raises(ServerNotReadyError) as caught,
    ):
        supervisor.wait_for([never], timeout_seconds=2)

    log = tmp_path / "log" / "sleeper.log"
    expected = (
        f"not ready after 2 s: sleeper; the moon was waited for; last lines of {log}:\n    up"
    )
    assert str(caught.value) == expected


def test_what_holds_at_different_times_is_not_ready(tmp_path: Path) -> None:
    asked: list[str] = []

    def first() -> bool:
        asked.append("first")
        return len(asked) != 3

    def second() -> bool:
        asked.append("second")
        return True

    conditions = [Condition("sleeper", "first", first), Condition("sleeper", "second", second)]
    with Supervisor(tmp_path, [python("sleeper", SLEEP)]) as supervisor:
        supervisor.wait_for(conditions, timeout_seconds=20)

    # Both held, then not the first any more: it is waited for, and both are asked again.
    assert asked == ["first", "second", "first", "second", "first", "first", "second"]


def test_a_program_that_is_late_is_told_and_ends_nothing(tmp_path: Path) -> None:
    stop, terminal = threading.Event(), io.StringIO()
    moon = Condition("sleeper", "the moon", lambda: "late" in terminal.getvalue())
    sun = Condition("sleeper", "the sun", lambda: True)
    with (
        locked(tmp_path) as held,
        Supervisor(tmp_path, [python("sleeper", SLEEP)], stop=stop) as supervisor,
    ):
        wait_until_up(tmp_path)
        before = supervisor.control.statuses()["sleeper"].pid
        follower = Follower(tmp_path, [], terminal)
        telling = threading.Timer(2, lambda: follower.say("late"))
        telling.start()
        Watch(supervisor, held, follower, stop).until_all([moon, sun], ready_seconds=1)
        telling.join()

        assert supervisor.control.statuses()["sleeper"].pid == before
    assert "not ready after 1 s: sleeper; the moon was waited for" in terminal.getvalue()
    assert "Tillstream goes on without it, and waits for it" in terminal.getvalue()


def test_what_programs_write_is_for_their_owner_alone(tmp_path: Path) -> None:
    code = (
        f"import os, time; os.chdir({str(tmp_path)!r}); "
        "open('written', 'w').close(); os.mkdir('folder'); "
        "print('up', flush=True); time.sleep(600)"
    )
    with Supervisor(tmp_path, [python("sleeper", code)]):
        wait_until_up(tmp_path)

    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("written", "folder")]
    assert modes == [0o600, 0o700]


def test_wrong_settings_end_the_wait_at_once(tmp_path: Path) -> None:
    code = "import sys; print('error: TZ is wrong'); sys.exit(78)"
    never = Condition("strict", "an answer", lambda: False)
    with (
        Supervisor(tmp_path, [python("strict", code)]) as supervisor,
        pytest.raises(ServerNotReadyError, match=r"strict does not start.*\n.*error: TZ is wrong"),
    ):
        supervisor.wait_for([never], timeout_seconds=60)


def test_a_killed_supervisor_ends_the_wait_and_its_programs(tmp_path: Path) -> None:
    never = Condition("sleeper", "the moon", lambda: False)
    with Supervisor(tmp_path, [python("sleeper", SLEEP)]) as supervisor:
        tree = processes.descendants(supervisor.pid)
        os.kill(supervisor.pid, signal.SIGKILL)
        with pytest.raises(ServerNotReadyError, match="the supervisor has ended"):
            supervisor.wait_for([never], timeout_seconds=60)
        wait_until(lambda: not any(map(processes.is_alive, tree)), 20, "the programs' end")


def test_a_data_folder_with_a_long_path_has_a_control_socket_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    with Supervisor(folder, [python("sleeper", SLEEP)]) as supervisor:
        assert list(supervisor.control.statuses()) == ["sleeper"]
