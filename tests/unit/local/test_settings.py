"""Settings of a local run."""

from pathlib import Path

from local.settings import ROOT, LocalSettings


def test_a_relative_data_dir_lies_in_the_clone() -> None:
    assert LocalSettings().data_path() == ROOT / "var"
    assert LocalSettings(data_dir="/srv/till").data_path() == Path("/srv/till")
