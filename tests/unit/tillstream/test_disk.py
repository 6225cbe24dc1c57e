"""Free space: how much has to stay free, and what is said when it does not."""

from pathlib import Path

import pytest

from tillstream.runtime.disk import FreeSpace, free_bytes, in_units, min_free_bytes


def test_a_setting_is_taken_as_it_is_and_a_small_disk_keeps_a_tenth(tmp_path: Path) -> None:
    default = min_free_bytes(tmp_path / "made" / "later", None)

    assert min_free_bytes(tmp_path, 12_345) == 12_345
    assert 0 < default <= 1 << 30
    assert free_bytes(tmp_path / "made" / "later") > 0


def test_a_shortage_names_the_threshold_and_ends_when_there_is_space(tmp_path: Path) -> None:
    free = [1023, 1024]
    space = FreeSpace(tmp_path, 1024, lambda _: free[0])
    space.look()
    short = space.shortage
    free.reverse()
    space.look()

    assert short == "the disk of DATA_DIR has less than 1 KiB free"
    assert space.shortage is None


def test_a_disk_that_cannot_be_asked_refuses_nothing(tmp_path: Path) -> None:
    def fail(_: Path) -> int:
        raise OSError(5, "Input/output error")

    space = FreeSpace(tmp_path, 1024, fail)
    space.look()

    assert space.shortage is None


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1 << 30, "1 GiB"), (40_265_318, "38.4 MiB")],
)
def test_bytes_are_told_in_units(count: int, text: str) -> None:
    assert in_units(count) == text
