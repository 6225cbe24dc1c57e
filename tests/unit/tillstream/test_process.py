"""How a process ends when whoever reads its output does not want the rest."""

import subprocess
import sys

PRINTS = """
import sys
from tillstream.runtime import process
with process.reader_may_leave():
    print("first")
    sys.stdout.flush()
    sys.stdin.read()
    print("rest")
print("kept")
sys.exit(3)
"""


def test_a_reader_that_leaves_changes_neither_what_follows_nor_the_status() -> None:
    command = [sys.executable, "-c", PRINTS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        process.stdin.close()
        said = process.stderr.read()
        process.wait(30)

    assert ("first\n", "", 3) == (first, said, process.returncode)
