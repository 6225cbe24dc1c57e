"""What is dealt to processes by its length is there."""

from local.settings import ROOT
from tests.support.longest_first import SECONDS, TOGETHER


def test_files_that_are_dealt_by_their_length_are_there() -> None:
    gone = [name for name in (*SECONDS, *TOGETHER) if not (ROOT / name).exists()]

    assert [] == gone
