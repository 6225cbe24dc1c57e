"""The table of stores: each its own calendar, every wrong row told."""

from datetime import date
from pathlib import Path

import pytest

from tillstream import stores
from tillstream.errors import SettingsError
from tillstream.runtime.settings import StoreTimeSettings


def test_a_store_that_is_not_in_the_table_keeps_the_default(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text("storeID,zone,cutoffHour\n7,America/Cayenne,4\n")
    table = stores.load(StoreTimeSettings(stores_file=file))

    actual = [table.calendar(store).of("2026-11-21T05:30:00Z") for store in (1, 7, "7")]

    assert [date(2026, 11, 21), date(2026, 11, 20), date(2026, 11, 20)] == actual


def test_every_wrong_row_is_told(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text("storeID,zone,cutoffHour\n1,Mars/Base,4\n2,Europe/Paris,24\n3,UTC,1\n3,UTC,1\n")

    with pytest.raises(SettingsError) as caught:
        stores.load(StoreTimeSettings(stores_file=file))

    rows = [problem.split(", ")[1].split(":")[0] for problem in caught.value.problems]
    assert ["row 2", "row 3", "row 5"] == rows


@pytest.mark.parametrize("text", ["store,zone\n1,UTC\n", None])
def test_a_table_that_cannot_be_read_is_told(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "stores.csv"
    if text is not None:
        file.write_text(text)

    with pytest.raises(SettingsError, match=r"stores\.csv"):
        stores.load(StoreTimeSettings(stores_file=file))
