"""The lock on a data folder: one run at a time, and only on the folder that was locked."""

import os
from pathlib import Path

import pytest

from local.lock import locked
from tillstream.errors import TillstreamError


def test_a_locked_folder_names_who_has_it_and_is_free_afterwards(tmp_path: Path) -> None:
    message = f"in use by another `tillstream up` .process {os.getpid()}."
    with locked(tmp_path), pytest.raises(TillstreamError, match=message), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_folder_stays_locked_when_its_note_is_deleted(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / "lock").unlink()
        with pytest.raises(TillstreamError, match="in use"), locked(tmp_path):
            pass


def test_a_held_folder_that_is_moved_is_noticed(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with locked(data_dir) as held:
        held.require_held()
        data_dir.rename(tmp_path / "elsewhere")
        with pytest.raises(TillstreamError, match="deleted or moved"):
            held.require_held()
        data_dir.mkdir()
        with pytest.raises(TillstreamError, match="deleted or moved"):
            held.require_held()


def test_a_data_folder_is_closed_to_others_unless_all_write_to_it(tmp_path: Path) -> None:
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    for folder, mode in ((ours, 0o755), (shared, 0o1777)):
        folder.mkdir()
        folder.chmod(mode)
        with locked(folder):
            pass

    modes = [folder.stat().st_mode & 0o7777 for folder in (ours, shared)]
    assert modes == [0o700, 0o1777]
