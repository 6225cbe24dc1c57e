"""A data folder that nobody can write is told before any work is begun."""

import os
from pathlib import Path

import pytest

from tillstream.errors import DataFolderError
from tillstream.runtime import data_folder


def test_a_new_folder_is_made_and_notes_our_version(tmp_path: Path) -> None:
    data_folder.require_current(tmp_path / "new" / "var")

    assert data_folder.version_of(tmp_path / "new" / "var") == data_folder.VERSION
    assert [file.name for file in (tmp_path / "new" / "var").iterdir()] == [data_folder.FILE]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    # The tests may run as root, whom no permission stops.
    (tmp_path / "file").touch()
    data_dir = tmp_path / "file" / "var"
    with pytest.raises(DataFolderError) as caught:
        data_folder.require_current(data_dir)

    assert str(caught.value) == (
        f"DATA_DIR={data_dir}: nothing can be written there (Not a directory):"
        f" give the folder to user {os.geteuid()}, or set DATA_DIR to another one"
    )
