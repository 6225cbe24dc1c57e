"""`tillstream keys`: a key is for the stores that were meant, and a list is shown as it is."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

import pytest

from entrypoint import keys_command
from tillstream.http.keys import key_file


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    keys_command.add_arguments(parser)
    return keys_command.run(parser.parse_args(words))


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("store", ["", " ", "1 ", "1\n2", "x" * 65])
def test_a_store_that_no_receipt_can_have_makes_no_key(
    store: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("add", "till", "--store", "1", "--store", store) == 1
    assert "no key was made" in capsys.readouterr().err
    assert not key_file(data_dir).records()


@pytest.mark.parametrize("name", ["", " ", "a\x1b[31m"])
def test_a_name_that_cannot_be_shown_makes_no_key(name: str, data_dir: Path) -> None:
    assert run("add", name) == 1
    assert not key_file(data_dir).records()


def test_a_list_obeys_nothing_of_a_name(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key_file(data_dir).add("a\x1b[31m", ("1",), datetime.now(UTC))

    assert run("list") == 0
    assert "a\\x1b[31m  1\n" in capsys.readouterr().out
