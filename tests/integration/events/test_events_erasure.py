"""A person is erased from archive and state, whatever is killed when, and no window changes."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from events.erasure.audit import AUDIT_FILE, Record
from events.erasure.erase import Eraser
from events.erasure.wanted import NotErasableError, wanted
from events.recount_command import recount
from events.windows.state_file import State
from tests.support import visits
from tests.support.commands import command
from tests.support.counted_events import Counted
from tests.support.visits import Visit
from tillstream import topology
from tillstream.runtime import broker as amqp
from tillstream.runtime.owned_file import remove
from tillstream.streams.events_files import EventsFiles

MOST = 2**63 - 1


class Ended(BaseException):
    """The process is killed here."""


class Chain:
    """Visits of persons 1001 to 1010, archived and in the log only."""

    def __init__(self, connection: BlockingConnection, url: str, folder: Path) -> None:
        self.counted = Counted(connection, url, folder, visits.declared(folder / "streams"))
        self.settings = self.counted.settings
        self._number = 0
        self._second = 0
        self.visit(*range(1001, 1011), amount=5)
        self.visit(1001, 1001, 1002, 1003, 1009, 1010, amount=MOST)
        self.refuse("1001,anna,x")
        self.refuse('{"who": 1003, "session": "s-1003-öl"}')
        self.refuse("11001,10010,12")
        self.counted.archive_all()
        self.visit(*range(1001, 1011), amount=7)
        self.refuse("y;1002;1001")

    def visit(self, *who: int, amount: int = 1) -> None:
        """A message of their visits."""
        rows: list[Visit] = []
        for each in who:
            self._number += 1
            rows.append((self._number, "ab"[each % 2], each, f"s-{each}-öl", amount))
        # The first once more: a repetition.
        rows.append(rows[0])
        self._second += 10
        self.counted.take([visits.packed(self.counted.definitions, rows, self._second)])

    def refuse(self, row: str) -> None:
        """A row that the door refuses."""
        self._second += 1
        self.counted.take([visits.refused("visits", row, self._second)])

    def erase(self, value: str, field: str = "who", ended_at: str = "") -> Record:
        """Erase a value; killed at a step."""

        def step(name: str) -> None:
            if name == ended_at:
                raise Ended

        eraser = Eraser(self.settings, self.counted.definitions, time.time, threading.Event(), step)
        return eraser.erase(wanted(self.counted.definitions, field, value, None))

    def rows(self) -> list[tuple[Any, ...]]:
        """What the window shows."""
        return self.counted.state.execute(
            'SELECT start, keys, events, "m.visits", "m.people", "m.sessions", "m.total"'
            ' FROM "window.visitors" ORDER BY 1, 2'
        ).fetchall()

    def kept(self) -> str:
        """All that files and state have, as text."""
        found: list[object] = []
        for name in ("visits", "quarantine"):
            files = EventsFiles(self.settings.archive_url(), name)
            on_disk = sorted(Path(self.settings.archive_url()).glob(f"events/{name}/*/*.parquet"))
            assert len(on_disk) == len(files.manifest().files)
            for path in on_disk:
                columns = pq.read_table(path).to_pydict()
                found += [columns[each] for each in ("who", "session", "row") if each in columns]
        with State(self.settings.state_path()) as state:
            tables = state.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                if table not in ("progress", "streams", "windows", "identities"):
                    found += state.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608
        return json.dumps(found, default=str, ensure_ascii=False)


@pytest.fixture
def chain(broker: BlockingConnection, amqp_url: str, tmp_path: Path) -> Iterator[Chain]:
    found = Chain(broker, amqp_url, tmp_path)
    yield found
    found.counted.close()


def test_an_erased_person_is_nowhere_and_every_window_is_as_it_was(chain: Chain) -> None:
    before = chain.rows()
    assert all(person in chain.kept() for person in (" 1001", "s-1001-öl"))
    first = chain.erase("1001")
    chain.erase("s-1001-öl", "session")
    chain.erase("1001", "who")
    in_log = chain.counted.verify()
    chain.counted.archive_all()
    report = chain.counted.verify()
    kept = chain.kept()
    audit = (chain.settings.data_dir / AUDIT_FILE).read_text()

    assert before == chain.rows()
    assert ([], [], True) == (in_log.differences, report.differences, report.holds())
    assert not any(person in kept for person in (" 1001", '"1001', ";1001", "s-1001"))
    assert "11001,10010,12" in kept
    assert (3, 1) == (first.erased["visits"].events, first.erased["visits"].files)
    assert 1 == first.erased["quarantine of visits"].events
    assert not any(person in audit for person in ("1001", "öl"))
    for file in chain.settings.state_path().parent.glob("state.sqlite3*"):
        assert b"s-1001-\xc3\xb6l" not in file.read_bytes()


def test_what_comes_after_an_erasure_is_another_person(chain: Chain) -> None:
    people = sum(row[4] for row in chain.rows())
    chain.erase("1002")
    chain.visit(1002)
    once = sum(row[4] for row in chain.rows())
    chain.erase("1002")
    chain.visit(1002)
    twice = sum(row[4] for row in chain.rows())
    chain.counted.archive_all()
    report = chain.counted.verify()

    assert (people + 1, people + 2) == (once, twice)
    assert ([], True) == (report.differences, report.holds())
    # In the last file and among the distinct values.
    assert 2 == chain.kept().count(" 1002]")


STEPS = ["state", "commit", "files of visits", "files of quarantine", "audit", "forget"]


def test_an_erasure_that_is_killed_is_proved_and_goes_on(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for who, step in enumerate([*STEPS, "publish", "commit", "sweep"], 1001):
        rows = chain.rows()
        with monkeypatch.context() as patch:
            if who > 1000 + len(STEPS):
                patch.setattr(EventsFiles, step, _end)
            with pytest.raises(Ended):
                chain.erase(str(who), ended_at=step)
        said.append((rows == chain.rows(), chain.counted.verify().differences))
        # The same person comes meanwhile, and what was in the log only is archived.
        chain.visit(who)
        said.append((True, chain.counted.verify().differences))
        chain.counted.archive_all()
        said.append((True, chain.counted.verify().differences))
        rows = chain.rows()
        chain.erase(str(who))
        said.append((rows == chain.rows(), chain.counted.verify().differences))

    assert [(True, [])] * 36 == said
    assert [] == chain.counted.state.erasures()


def test_a_recount_after_an_erasure_counts_the_same(chain: Chain) -> None:
    chain.erase("1001")
    with pytest.raises(Ended):
        chain.erase("1002", ended_at="files of visits")
    chain.visit(1001, 1002)
    before = chain.rows()
    said = recount(chain.settings, threading.Event())
    with State(chain.settings.state_path()) as chain.counted.state:
        after, report = chain.rows(), chain.counted.verify()
        unfinished = len(chain.counted.state.erasures())
        kept = chain.kept()

    assert before == after, said
    assert ([], True) == (report.differences, report.holds())
    assert unfinished > 0
    # Of those that came since, each in one value; 1002 in a file that the erasure has not reached.
    assert 1 == kept.count(" 1001]")


@pytest.mark.parametrize("with_state", [True, False])
def test_a_recount_after_the_loss_of_the_log_counts_what_the_archive_has(
    chain: Chain, broker: BlockingConnection, with_state: bool
) -> None:
    chain.counted.archive_all()
    before = chain.rows()
    chain.counted.close()
    channel = broker.channel()
    channel.queue_delete(topology.EVENTS_LOG)
    amqp.declare(channel)
    if not with_state:
        remove(chain.settings.state_path())
    said = recount(chain.settings, threading.Event())
    with State(chain.settings.state_path()) as chain.counted.state:
        report = chain.counted.verify()

        assert before == chain.rows(), said
        assert ([], True) == (report.differences, report.holds())


def test_what_cannot_be_erased_is_told(chain: Chain) -> None:
    for field, value, said in [
        ("amount", "5", "no stream has 'amount' in its `persons`"),
        ("who", "anna", "is of type integer"),
    ]:
        with pytest.raises(NotErasableError, match=said):
            chain.erase(value, field)
    chain.counted.state.execute("UPDATE windows SET stale = 'old' WHERE name = 'visitors'")
    with pytest.raises(NotErasableError, match="run `tillstream recount --streams` first"):
        chain.erase("1001")


def test_the_command_says_how_much_it_has_erased(chain: Chain) -> None:
    said = command(
        "events",
        *("erase", "--field", "who", "--value", "1001"),
        AMQP_URL=chain.settings.amqp_url,
        DATA_DIR=str(chain.settings.data_dir),
        STREAMS_DIR=chain.settings.streams_dir,
    )

    assert 0 == said.returncode, said.stderr
    assert said.stdout.startswith("visits: 3 events in 1 files, ")
    assert "1001" not in said.stdout


def _end(*_: object) -> None:
    raise Ended
