"""Where commands look for the running system, and what they say where there is none."""

import os
from pathlib import Path

import pytest

from command.command_errors import NothingRunsError, NotYoursError
from command.system import data_folder, find, require_running
from local.addresses import write_addresses
from local.lock import locked
from tillstream.errors import DataFolderError
from tillstream.runtime import product

ADDRESSES = {
    "AMQP_URL": "amqp://user:pass@127.0.0.1:1/",
    "MONGO_URL": "mongodb://127.0.0.1:1/",
    "ENTRYPOINT_URL": "http://127.0.0.1:3",
    "ENTRYPOINT_PORT": "3",
    "DASHBOARD_PORT": "4",
    "ARCHIVE_API_PORT": "5",
}


def written(data_dir: Path, **more: str) -> Path:
    """A data folder with the addresses of a run."""
    data_dir.mkdir(parents=True, exist_ok=True)
    write_addresses(data_dir, {**ADDRESSES, "DATA_DIR": str(data_dir), **more})
    return data_dir


def test_data_dir_is_taken_from_where_the_command_is_typed(tmp_path: Path) -> None:
    assert data_folder({"DATA_DIR": "here"}, tmp_path)[0] == tmp_path / "here"


def test_a_clone_has_its_own_var_wherever_the_command_is_typed(tmp_path: Path) -> None:
    assert data_folder({}, tmp_path)[0] == product.CODE / "var"


def test_without_a_clone_it_is_var_of_this_folder_or_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product, "IS_CLONE", False)
    own = data_folder({"XDG_DATA_HOME": str(tmp_path / "share")}, tmp_path)[0]
    written(tmp_path / "var")

    assert own == tmp_path / "share" / "tillstream"
    assert data_folder({}, tmp_path)[0] == tmp_path / "var"


def test_a_command_has_the_calendar_of_the_run_and_none_of_its_own(tmp_path: Path) -> None:
    data_dir = written(tmp_path / "data", STORE_TIMEZONE="Asia/Tokyo")
    typed = {
        "DATA_DIR": str(data_dir),
        "STORE_TIMEZONE": "Europe/Paris",
        "BUSINESS_DAY_CUTOFF_HOUR": "4",
        "AMQP_URL": "amqp://elsewhere/",
        "LANG": "C",
    }
    environ = find(typed, tmp_path).environ

    assert environ["STORE_TIMEZONE"] == "Asia/Tokyo"
    assert "BUSINESS_DAY_CUTOFF_HOUR" not in environ
    assert environ["AMQP_URL"] == ADDRESSES["AMQP_URL"]
    assert environ["LANG"] == "C"


def test_a_run_that_has_ended_is_one_line_with_the_command_that_starts_it(tmp_path: Path) -> None:
    data_dir = written(tmp_path / "data")
    with pytest.raises(NothingRunsError, match="start it with `tillstream up`") as told:
        require_running(find({"DATA_DIR": str(data_dir)}, tmp_path))

    assert str(data_dir) in str(told.value)
    assert "\n" not in str(told.value)


def test_servers_that_are_named_need_no_local_run(tmp_path: Path) -> None:
    named = {name: ADDRESSES[name] for name in ("AMQP_URL", "MONGO_URL")}

    require_running(find({"DATA_DIR": str(tmp_path), **named}, tmp_path))
    with pytest.raises(NothingRunsError, match="AMQP_URL and MONGO_URL"):
        require_running(find({"DATA_DIR": str(tmp_path)}, tmp_path))


def test_another_users_folder_is_told_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As root every folder is open.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NotYoursError, match=r"belongs to .*: use `sudo -u"):
        find({"DATA_DIR": str(tmp_path)}, tmp_path)


def test_another_users_addresses_in_a_folder_for_all_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "addresses").touch()
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) == tmp_path)
    with pytest.raises(NotYoursError, match=r"belongs to .*: use `sudo -u"):
        find({"DATA_DIR": str(tmp_path)}, tmp_path)


@pytest.mark.parametrize("place", ["file", "file/below", "ring", "x" * 300])
def test_what_cannot_be_a_data_folder_is_told(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "ring").symlink_to("ring")

    with pytest.raises(DataFolderError, match="set DATA_DIR to another"):
        find({"DATA_DIR": str(tmp_path / place)}, tmp_path)
    with pytest.raises(DataFolderError, match="set DATA_DIR to another"), locked(tmp_path / place):
        pass


@pytest.mark.parametrize("content", [b"export AMQP_URL=\xff", b"export AMQP_URL='a", None])
def test_addresses_that_no_run_wrote_are_told(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        (tmp_path / "addresses").mkdir()
    else:
        (tmp_path / "addresses").write_bytes(content)

    with pytest.raises(DataFolderError, match="addresses cannot be read"):
        find({"DATA_DIR": str(tmp_path)}, tmp_path)
