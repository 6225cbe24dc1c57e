"""Durable files: whole or not at all; locks: one holder at a time."""

from pathlib import Path

import pytest

from tillstream.runtime import files


class TakenError(Exception):
    """Somebody else has it."""


def test_a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "keys.json"
    files.write_durably(path, b"first, and longer", 0o600)
    files.write_durably(path, b"second", 0o600)

    assert [each.name for each in tmp_path.iterdir()] == ["keys.json"]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"second", 0o600)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "is-a-folder"
    folder.mkdir()
    with pytest.raises(IsADirectoryError):
        files.write_durably(folder, b"never")

    assert [each.name for each in tmp_path.iterdir()] == ["is-a-folder"]


@pytest.mark.parametrize("name", ["", "a.lock"])
def test_a_folder_or_a_file_has_one_holder_at_a_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with (
        files.locked(path),
        pytest.raises(TakenError),
        files.locked(path, TakenError()),
    ):
        pass
    with files.locked(path, TakenError()) as descriptor:
        again = files.try_lock(descriptor)

    assert again
