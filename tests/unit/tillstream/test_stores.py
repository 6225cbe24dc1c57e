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


def test_what_is_known_of_a_store_stands_in_the_table(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text(
        "storeID,name,region,latitude,longitude,openingHours,zone,cutoffHour\n"
        "7,Gare du Nord,Paris,48.88,2.355,Mo-Fr 06:30-19:30; Sa 07:00-13:00,,\n"
        "8,,,,,,,4\n"
    )

    table = stores.load(StoreTimeSettings(stores_file=file))

    seven, eight = table.store(7), table.store("8")
    assert ("Gare du Nord", "Paris", (48.88, 2.355)) == (seven.title, seven.region, seven.place)
    assert seven.opening is not None
    assert "Mo 06:30-19:30; " in str(seven.opening)
    assert ("8", None, None) == (eight.title, eight.place, eight.opening)
    assert (0, 4) == (table.calendar(7).cutoff_hour, table.calendar(8).cutoff_hour)
    assert ["Paris"] == table.regions()


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("latitude,longitude", "48.85,", "no degrees such as"),
        ("latitude,longitude", "91,2", "no degrees such as"),
        ("latitude,longitude", "nan,nan", "no degrees such as"),
        ("openingHours", "daily 08:00-12:00", "weekdays such as"),
        ("openingHours", "Mo 9-18", "no time of opening such as"),
        ("name", "x" * 101, "at most 100 characters"),
        ("cutoffHour", "\u0664", "not an hour"),
        ("zone", "Mars/Base", "no time zone"),
    ],
)
def test_a_cell_that_does_not_hold_is_told_with_its_row(
    tmp_path: Path, column: str, cell: str, said: str
) -> None:
    file = tmp_path / "stores.csv"
    file.write_text(f"storeID,{column}\n1,{cell}\n", encoding="utf-8")

    with pytest.raises(SettingsError, match=said) as caught:
        stores.load(StoreTimeSettings(stores_file=file))

    assert "row 2" in str(caught.value)
