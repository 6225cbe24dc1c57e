"""The log follower: whole lines, through rotations, whatever the terminal does."""

import io
import os
from pathlib import Path

from local.follow import Follower


def test_a_terminal_that_takes_no_more_ends_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        Follower(tmp_path, [], full).say("lost")
        # Closing the file writes what it still has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())


def test_the_follower_copies_whole_lines_from_now_on_through_a_rotation(tmp_path: Path) -> None:
    old = tmp_path / "a.log"
    old.write_text("before\n")
    terminal = io.StringIO()
    with Follower(tmp_path, ["a", "late"], terminal):
        with old.open("a") as file:
            file.write("one\ntwo is ")
            file.flush()
            old.rename(tmp_path / "a.log.1")
            file.write("whole\n")
        old.write_text("new file\n")
        (tmp_path / "late.log").write_text("late\nunfinished")

    assert terminal.getvalue().splitlines() == [
        "a    | one",
        "a    | two is whole",
        "a    | new file",
        "late | late",
    ]
