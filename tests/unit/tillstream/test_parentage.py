"""A program ends with its parent, also when that died before the program was bound to it."""

import os
import shutil
import subprocess

import pytest

from tillstream.runtime.parentage import ends_with_its_parent

pytestmark = pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv is not here")
#: Said with a blank, which must not split it.
SAY = ("printf", "%s", "was run")


@pytest.mark.parametrize("is_known", [False, True])
def test_a_program_of_a_living_parent_runs(is_known: bool) -> None:
    argv = [*ends_with_its_parent("KILL", os.getpid() if is_known else None), *SAY]

    assert subprocess.run(argv, capture_output=True, check=True).stdout == b"was run"


def test_an_orphan_does_not_run() -> None:
    # Whoever adopts it has another id.
    argv = [*ends_with_its_parent("KILL", parent=os.getppid()), *SAY]
    ended = subprocess.run(argv, capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, b"")
