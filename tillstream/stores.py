"""Which calendar a store keeps: a table of zones and cutoffs, and a default for the others."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from tillstream.clock import BusinessDay
from tillstream.errors import SettingsError
from tillstream.runtime.settings import StoreTimeSettings

_COLUMNS = ["storeID", "zone", "cutoffHour"]


class StoreTable:
    """The calendar of each store."""

    def __init__(self, default: BusinessDay, stores: Mapping[str, BusinessDay]) -> None:
        #: The calendar of the chain, and of every store that the table does not name.
        self.default = default
        #: By store, where it keeps another one.
        self.exceptions = dict(stores)

    def calendar(self, store_id: str | int) -> BusinessDay:
        """The calendar of a store; 1 and "1" are the same store."""
        return self.exceptions.get(str(store_id), self.default)

    def open_day(self, now: float) -> date:
        """The earliest business day that is not over in some calendar, at Unix seconds `now`."""
        return min(calendar.on(now) for calendar in (self.default, *self.exceptions.values()))


def as_read(name: str) -> tuple[int, int, str]:
    """By which names are sorted for a reader: numbers by their size, before the others."""
    return (0, int(name), "") if name.isdecimal() else (1, 0, name.casefold())


def load(settings: StoreTimeSettings) -> StoreTable:
    """The table of `STORES_FILE`, a CSV with the columns storeID, zone, cutoffHour.

    Raises SettingsError naming each row that does not hold.
    """
    default = BusinessDay(settings.zone(), settings.business_day_cutoff_hour)
    if settings.stores_file is None:
        return StoreTable(default, {})
    return StoreTable(default, _read(settings.stores_file))


def _read(path: Path) -> dict[str, BusinessDay]:
    stores: dict[str, BusinessDay] = {}
    problems: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames != _COLUMNS:
                raise SettingsError([f"{path}: the header must be {','.join(_COLUMNS)}"])
            for row in rows:
                where = f"{path}, row {rows.line_num}"
                zone, hour = row["zone"] or "", row["cutoffHour"] or ""
                if zone not in available_timezones():
                    problems.append(f"{where}: {zone!r} is no time zone such as Europe/Paris")
                elif not (hour.isdigit() and int(hour) <= 23):
                    problems.append(f"{where}: cutoffHour {hour!r} is not an hour from 0 to 23")
                elif row["storeID"] in stores:
                    problems.append(f"{where}: store {row['storeID']!r} stands there twice")
                else:
                    stores[row["storeID"]] = BusinessDay(ZoneInfo(zone), int(hour))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"STORES_FILE={str(path)!r} cannot be read: {error}")
    if problems:
        raise SettingsError(problems)
    return stores
