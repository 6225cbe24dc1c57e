"""What vendors answered is kept for `verify`: in order, bounded, and from a state of before."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connectors.state import answers
from connectors.state.answers import KeptAnswer
from connectors.state.schema import VERSION
from connectors.state.state_file import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / "connectors.sqlite3") as state:
        yield state


def kept(number: int) -> KeptAnswer:
    return KeptAnswer(number + 1, "shop", b"%d" % number)


def test_answers_end_with_the_log_that_they_were_asked_for(state: State) -> None:
    for number in range(4):
        state.answers.put(number, kept(number))

    state.answers.prune(2)

    assert [kept(2), kept(3)] == list(state.answers.every())
    assert [False, False, True, True] == [state.answers.has(offset) for offset in range(4)]

    state.answers.forget()

    assert [] == list(state.answers.every())


@pytest.mark.parametrize(("bound", "most"), [("MOST_ANSWERS", 2), ("MOST_BYTES", 25)])
def test_beyond_a_bound_the_oldest_answers_are_dropped(
    state: State, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    # Ten bytes each, packed.
    monkeypatch.setattr(answers, bound, most)
    for number in range(4):
        state.answers.put(None, kept(number))

    state.answers.prune(0)

    assert [kept(2), kept(3)] == list(state.answers.every())


def test_a_state_of_before_gets_the_table(tmp_path: Path) -> None:
    path = tmp_path / "connectors.sqlite3"
    with State(path) as state:
        state.answers.put(0, kept(0))
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE answers; PRAGMA user_version=1")

    with State(path, create=False) as state:
        state.answers.put(7, kept(7))

        assert [kept(7)] == list(state.answers.every())
        assert (VERSION,) == state.database.execute("PRAGMA user_version").fetchone()
