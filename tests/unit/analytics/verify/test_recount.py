"""A recount by several processes is the count of one, with its conflicts and its tills."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from analytics.counting import parallel_decoding
from analytics.counting.parallel_decoding import ReaderDiedError, read_in_parallel
from analytics.ledger import identities
from analytics.ledger.kept_figures import KeptFigures
from analytics.ledger.ledger_file import Ledger
from analytics.verify import bounded_identities
from analytics.verify.recount import RecountRunningError, new_ledger
from analytics.workers.totals import TotalsWorker
from tests.support.ledgers import kept_keys
from tests.support.logs import NO_LOG
from tests.support.receipts import receipt, stamped
from tests.support.waiting import wait_until
from tillstream.calendars import described
from tillstream.clock import BusinessDay
from tillstream.codec import NDJSON, pack
from tillstream.log.reader import LogMessage
from tillstream.runtime.owned_file import rebuilt_path
from tillstream.stores import StoreTable

STORES = StoreTable(BusinessDay(ZoneInfo("Europe/Paris")), {})


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many batches of few messages, so that repeats are in other ones than their first."""
    monkeypatch.setattr(parallel_decoding, "BATCH_BYTES", 8_000)
    monkeypatch.setattr(identities, "RECORDS_AT_ONCE", 100)
    monkeypatch.setattr(bounded_identities, "MOST_IN_MEMORY", 100)


def log(seed: int) -> list[LogMessage]:
    """Messages of all kinds with holes between their offsets: repeats, conflicts, late ones, gaps
    of tills, some packed, some of which nothing can be read.
    """
    chosen = random.Random(seed)
    fields: list[dict[str, Any]] = []
    for number in range(1, 400):
        hour, store, till = chosen.randint(0, 23), chosen.randint(1, 3), chosen.randint(1, 2)
        fields.append(
            receipt(
                number + chosen.choice([0, 0, 0, 30]),
                cents=chosen.randint(-500, 2_000),
                storeID=store,
                terminalID=till,
                date=f"2026-11-{chosen.choice([16, 17, 18])} {hour:02d}:00:00",
            )
        )
    fields += chosen.sample(fields, 80)  # duplicates
    fields += [each | {"customerID": "another"} for each in chosen.sample(fields, 40)]  # conflicts
    chosen.shuffle(fields)
    messages, offset = [], 0
    while fields:
        offset += chosen.randint(1, 5)
        part = [fields.pop() for _ in range(min(len(fields), chosen.randint(1, 9)))]
        body = b"\n".join(map(stamped, part)) + chosen.choice([b"", b"", b"\n{"])
        messages.append(LogMessage(offset, *_packed(body)))
    return messages


def _packed(body: bytes) -> tuple[bytes, str, str | None]:
    packed, encoding = pack(body)
    return packed, NDJSON, encoding


def recounted(messages: list[LogMessage], path: Path) -> list[Any]:
    with new_ledger(path) as counted:
        for batch in read_in_parallel(([message] for message in messages), STORES):
            counted.count_batch(batch, STORES)
        counted.finish(described(STORES), counted.progress())
    return everything(rebuilt_path(path))


def everything(path: Path) -> list[Any]:
    with Ledger(path) as ledger:
        kept = KeptFigures(ledger.store_days, ledger.figures_journal)
        return [
            ledger.progress(),
            {day: ledger.totals(day) for day in ledger.days()},
            kept_keys(ledger),
            sorted(ledger.tills().items()),
            sorted(ledger.conflicts()),
            sorted(ledger.aside()),
            {
                (day, store): kept.figures(day, store)
                for day in ledger.days()
                for store in kept.stores(day)
            },
        ]


@pytest.mark.parametrize("seed", range(5))
def test_a_parallel_recount_writes_the_ledger_of_the_worker(tmp_path: Path, seed: int) -> None:
    messages = log(seed)
    with Ledger(tmp_path / "worker") as ledger:
        worker = TotalsWorker(ledger, STORES, lambda: 1_795_248_000.0, NO_LOG)
        for message in messages:
            worker.count([message])

    expected = everything(tmp_path / "worker")
    assert expected == recounted(messages, tmp_path / "recounted")
    assert expected[0].duplicates > 0
    assert expected[0].conflicts > 0
    assert expected[0].undecodable > 0
    assert any(till.missing for _, till in expected[3])


def test_a_second_recount_is_refused_and_takes_nothing_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "totals.sqlite3"
    with new_ledger(path):
        with pytest.raises(RecountRunningError, match="another recount"), new_ledger(path):
            pass
        assert path.with_suffix(".recount").exists()

    assert rebuilt_path(path).exists()


def test_a_worker_that_is_interrupted_anywhere_ends_with_the_same_ledger(tmp_path: Path) -> None:
    messages = log(7)
    chosen = random.Random(7)
    position = 0
    while position < len(messages):
        with Ledger(tmp_path / "interrupted") as ledger:
            worker = TotalsWorker(ledger, STORES, lambda: 1_795_248_000.0, NO_LOG)
            # What was acknowledged or not does not matter: some of it comes again.
            again = max(0, position - chosen.randint(0, 9))
            position = min(len(messages), position + chosen.randint(1, 12))
            worker.count(messages[again:position])

    assert recounted(messages, tmp_path / "recounted") == everything(tmp_path / "interrupted")


def test_a_reader_that_is_killed_fails_the_recount() -> None:
    def deadly() -> Iterator[list[LogMessage]]:
        yield from ([message] for message in log(1))
        # Nobody else is this process's child.
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        yield from ([message] for message in log(2))

    with pytest.raises(ReaderDiedError, match="killed"):
        list(read_in_parallel(deadly(), STORES))


def test_the_readers_end_with_a_recount_that_is_killed() -> None:
    script = """
import os, pathlib, time
from analytics.counting.parallel_decoding import BATCH_BYTES, read_in_parallel
from tests.unit.analytics.verify.test_recount import STORES
from tillstream.log.reader import LogMessage

def log():
    yield [LogMessage(0, b" " * BATCH_BYTES, None)] * 9
    print(pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
    time.sleep(60)

list(read_in_parallel(log(), STORES))
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as recounting:
        assert recounting.stdout is not None
        readers = [Path("/proc", pid.decode()) for pid in recounting.stdout.readline().split()]
        assert readers
        recounting.kill()

    wait_until(lambda: not any(map(is_running, readers)), 10, "the readers to end")


def is_running(process: Path) -> bool:
    """Whether it is there, and not only waited for by nobody."""
    try:
        return b") Z " not in (process / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
