"""Receipt numbers never restart: not after a kill, not for another seed or another chain."""

import subprocess
import sys
from pathlib import Path

from generator.counters import FileCounters, MemoryCounters

_TAKE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from generator.counters import FileCounters
counters = FileCounters(Path(sys.argv[1]), 3)
for _ in range(1000):
    counters.take(2, 4)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_numbers_begin_at_one_and_go_on_after_a_restart(tmp_path: Path) -> None:
    taken = []
    for _ in range(3):
        with FileCounters(tmp_path, 3) as counters:
            taken += [counters.take(1, 1), counters.take(1, 1), counters.take(3, 64)]

    assert [1, 2, 1, 3, 4, 2, 5, 6, 3] == taken


def test_what_was_taken_before_a_kill_stays_taken(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _TAKE_AND_DIE, str(tmp_path)], timeout=60, check=False)
    with FileCounters(tmp_path, 3) as counters:
        assert (1000, 1001) == (counters.issued(), counters.take(2, 4))


def test_two_runs_at_the_same_time_get_different_numbers(tmp_path: Path) -> None:
    with FileCounters(tmp_path, 3) as one, FileCounters(tmp_path, 3) as other:
        taken = [counters.take(1, 1) for _ in range(50) for counters in (one, other)]

    assert list(range(1, 101)) == taken


def test_a_till_keeps_its_numbers_when_the_chain_grows_or_shrinks(tmp_path: Path) -> None:
    taken = []
    for stores in (2, 50, 2):
        with FileCounters(tmp_path, stores) as counters:
            taken += [counters.take(2, 3), counters.take(stores, 64)]
    with FileCounters(tmp_path, 50) as counters:
        taken.append(counters.take(50, 64))

    assert [1, 1, 2, 1, 3, 2, 2] == taken


def test_memory_counters_number_like_those_in_a_file(tmp_path: Path) -> None:
    memory = MemoryCounters()
    with FileCounters(tmp_path, 3) as file:
        for store, till in [(1, 1), (1, 2), (1, 1), (3, 4), (1, 1)]:
            assert memory.take(store, till) == file.take(store, till)

        assert 5 == memory.issued() == file.issued()


def test_numbers_taken_in_one_go_are_those_taken_one_by_one(tmp_path: Path) -> None:
    with FileCounters(tmp_path, 3) as file, file.held() as take:
        taken = [take(1, 1), take(2, 1), take(1, 1)]
    with FileCounters(tmp_path, 3) as file:
        taken += [file.take(1, 1), file.take(2, 1)]

    assert [1, 1, 2, 3, 2] == taken
