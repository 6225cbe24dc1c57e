"""What somebody who waits for a command sees of it."""

import os
import pty
import subprocess
import sys
import termios

WORK = """
import sys, time
from tillstream.runtime import progress
progress.DELAY_SECONDS, progress.REDRAW_SECONDS = {delay}, 0.05
with progress.progress("backup", "documents", 40) as shown:
    for number in range(2):
        time.sleep(0.2)
        shown.advance(10)
    shown.say("a line")
print("tqdm" in sys.modules)
"""


def on_a_terminal(delay: float) -> str:
    """What a pseudo-terminal shows of the work, which takes 0.4 s."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    work = WORK.format(delay=delay)
    with subprocess.Popen([sys.executable, "-c", work], stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4_096):
                shown += piece
        except OSError:
            # What Linux says at the end of a terminal.
            pass
        finally:
            os.close(ours)
        assert running.wait(30) == 0
    return shown.decode()


def test_a_terminal_shows_share_and_time_left_and_lines_stand_above() -> None:
    shown = on_a_terminal(delay=0.1)

    assert "backup:  25%" in shown
    assert "20/40" in shown
    assert " documents/s]" in shown
    # The time that has gone by, and what is left.
    assert "00:00<00:00" in shown
    assert "\ra line\r\n" in shown


def test_what_is_done_soon_shows_no_bar() -> None:
    assert on_a_terminal(delay=60).split() == ["a", "line", "True"]


def test_a_log_gets_no_bar_and_the_process_no_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK.format(delay=0)], capture_output=True, text=True, timeout=60
    )

    assert (done.stdout, done.stderr) == ("a line\nFalse\n", "")
