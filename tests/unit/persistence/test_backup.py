"""A backup's folder: whole or not there, and every altered byte of it is found."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import bson
import pytest

from persistence.backup.folder import (
    BackupError,
    Collection,
    Log,
    Manifest,
    check,
    describe,
    write_manifest,
    written_aside,
)
from persistence.backup.parts import PartWriter, read_parts

DOCUMENTS = [{"_id": number, "text": "x" * number} for number in range(50)]


def small_backup(folder: Path) -> Manifest:
    """Several parts of the archive, one of the log, one file of state."""
    with written_aside(folder) as aside:
        with PartWriter(aside, "archive/receipts", part_bytes=500) as archive:
            for document in DOCUMENTS:
                archive.add(bson.encode(document))
        with PartWriter(aside, "log/messages") as log:
            log.add(bson.encode({"offset": 0}))
        (aside / "state").mkdir()
        (aside / "state" / "keys.json").write_text("[]")
        manifest = Manifest(
            version=1,
            id="1",
            created=datetime(2026, 11, 25, tzinfo=UTC),
            database="tillstream",
            collections=[Collection("receipts", archive.parts)],
            log=Log(log.parts, 0, 0),
            state=[describe(aside, "state/keys.json")],
        )
        write_manifest(aside, manifest)
    return manifest


def test_what_is_written_in_parts_is_read_again(tmp_path: Path) -> None:
    manifest = small_backup(tmp_path / "backup")
    (receipts,) = check(tmp_path / "backup").collections

    actual = [bson.decode(each.raw) for each in read_parts(tmp_path / "backup", receipts.parts)]

    assert DOCUMENTS == actual
    assert [2, "archive/receipts-00001.bson.zst"] == [
        min(len(receipts.parts), 2),
        receipts.parts[0].path,
    ]
    assert manifest == check(tmp_path / "backup")


def test_every_altered_byte_is_found_with_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    small_backup(folder)
    for path in filter(Path.is_file, folder.rglob("*")):
        whole = path.read_bytes()
        for index in range(0, len(whole), max(1, len(whole) // 20)):
            altered = bytearray(whole)
            altered[index] ^= 1
            path.write_bytes(altered)
            # The manifest's checksum stands for the manifest; the file's name in it is a comment.
            if path.suffix == ".sha256" and index >= 64:
                continue
            with pytest.raises(BackupError, match=r"manifest\.json|" + path.name):
                check(folder)
        path.write_bytes(whole)
    check(folder)


def test_every_file_that_is_missing_or_cut_is_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    manifest = small_backup(folder)
    files = manifest.files()
    (folder / files[0].path).unlink()
    with (folder / files[1].path).open("r+b") as file:
        file.truncate(3)

    with pytest.raises(BackupError) as caught:
        check(folder)

    expected = [
        f"{folder / files[0].path}: missing",
        f"{folder / files[1].path}: 3 bytes, {files[1].bytes} were written",
    ]
    assert expected == str(caught.value).splitlines()


def test_a_backup_that_fails_leaves_nothing_and_one_that_was_killed_is_begun_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backup"
    with pytest.raises(OSError, match="no space"), written_aside(folder) as aside:  # noqa: PT012
        (aside / "half").write_text("")
        raise OSError("no space")
    assert [] == list(tmp_path.iterdir())

    (tmp_path / ".backup.partial").mkdir()
    (tmp_path / ".backup.partial" / "half").write_text("of a killed one")
    small_backup(folder)

    assert [folder] == list(tmp_path.iterdir())
    check(folder)


def test_a_backup_overwrites_nothing_and_two_never_write_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    with written_aside(folder) as aside:
        with pytest.raises(BackupError, match="running"), written_aside(folder):
            pass
        (aside / "first").write_text("")

    with pytest.raises(BackupError, match="overwrites nothing"), written_aside(folder):
        pass

    assert ["backup"] == [path.name for path in tmp_path.iterdir()]
    assert ["first"] == [path.name for path in folder.iterdir()]


def test_a_place_that_takes_no_folder_is_told_in_words(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.touch()

    ended = subprocess.run(
        [sys.executable, "-m", "persistence", "backup", str(place / "backup")],
        env=os.environ | {"AMQP_URL": "amqp://127.0.0.1:1/", "MONGO_URL": "mongodb://127.0.0.1:1/"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = f"error: no backup was made: {place}: File exists\n"
    assert (1, said) == (ended.returncode, ended.stderr)
