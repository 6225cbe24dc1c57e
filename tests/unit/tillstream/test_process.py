"""How a process ends when whoever reads its output does not want the rest."""

import os
import shlex
import subprocess
import sys

import pytest

from tillstream.errors import ServerNotReadyError
from tillstream.runtime import process
from tillstream.runtime.output import READER_LEFT

PRINTS = """
import sys

import pytest

from tillstream.runtime.output import READER_LEFT
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


@pytest.mark.parametrize(
    ("shell", "status", "said"),
    [
        ("{} | true", READER_LEFT, ""),
        ("{} >/dev/full", 1, "error: there is no space left for what is printed; make some\n"),
        ("{} >&- 2>&-", 0, ""),
        ("PYTHONIOENCODING=ascii {} >/dev/null", 0, ""),
    ],
)
def test_output_that_nobody_takes_ends_a_command_without_a_traceback(
    shell: str, status: int, said: str
) -> None:
    program = (
        "import sys, time\n"
        "from tillstream.runtime.process import output_told\n"
        "with output_told():\n"
        "    for _ in range(100_000): print('Espèces')\n"
    )
    command = "set -o pipefail; " + shell.format(f'{shlex.quote(sys.executable)} -c "$0"')
    ended = subprocess.run(
        ["bash", "-c", command, program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (status, said) == (ended.returncode, ended.stderr)


def test_the_lines_of_an_error_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        process.fail(ServerNotReadyError("it does not start; last lines:\n    a\x1b[2J\n    b"))

    assert "error: it does not start; last lines:\n    a\\x1b[2J\n    b\n" == (
        capsys.readouterr().err
    )


def test_a_reader_that_leaves_at_the_end_changes_no_status() -> None:
    program = (
        "import sys\n"
        "from tillstream.runtime.process import output_told\n"
        "with output_told():\n"
        "    print('differs')\n"
        "    sys.stdin.read()\n"
        "    sys.exit(3)\n"
    )
    # What is printed is flushed at the end.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        env=environ,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        said = process.stderr.read()
        process.wait(30)

    assert ("", 3) == (said, process.returncode)
