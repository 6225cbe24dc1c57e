"""The stores of the chain: which calendar each keeps, and what else is known of it."""

import csv
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from tillstream import opening_hours
from tillstream.bounds import STORE_IN_WORDS, is_name, is_store
from tillstream.clock import BusinessDay
from tillstream.currencies import CURRENCY
from tillstream.errors import SettingsError
from tillstream.opening_hours import OpeningHours, OpeningHoursError
from tillstream.runtime.settings import StoreTimeSettings

#: The columns of STORES_FILE; all but the first may be left out, and so may be the cells.
COLUMNS = (
    "storeID",
    "name",
    "region",
    "latitude",
    "longitude",
    "zone",
    "cutoffHour",
    "openingHours",
)
#: Longest name of a store or a region, in characters.
NAME_LENGTH = 100


class Store(NamedTuple):
    """A store that the table names; what nobody said of it is empty or None."""

    store: str
    name: str = ""
    region: str = ""
    #: Degrees.
    place: tuple[float, float] | None = None
    #: None where nobody said when it is open.
    opening: OpeningHours | None = None

    @property
    def title(self) -> str:
        """The name, else the number: what a reader is shown."""
        return self.name or self.store


class StoreTable:
    """The stores that are known of, and the calendar of each."""

    def __init__(
        self,
        default: BusinessDay,
        calendars: Mapping[str, BusinessDay],
        stores: Mapping[str, Store] | None = None,
        currency: str = CURRENCY,
    ) -> None:
        """`calendars` of those stores that have one in the table."""
        #: The chain's main one, by ISO 4217.
        self.currency = currency
        #: The calendar of the chain, and of every store that the table gives none.
        self.default = default
        self.exceptions = dict(calendars)
        #: By number, in the order of the table.
        self.stores = {each: Store(each) for each in calendars} | dict(stores or {})

    def shown_in(self, currency: str) -> "StoreTable":
        """The same stores, of a reader who looks at another currency than the main one."""
        return StoreTable(self.default, self.exceptions, self.stores, currency)

    def calendar(self, store_id: str | int) -> BusinessDay:
        """The calendar of a store; 1 and "1" are the same store."""
        return self.exceptions.get(str(store_id), self.default)

    def store(self, store_id: str | int) -> Store:
        """What is known of a store, also of one that the table does not name."""
        return self.stores.get(str(store_id)) or Store(str(store_id))

    def regions(self) -> list[str]:
        """The regions that stores are in, in the order of the alphabet."""
        return sorted({each.region for each in self.stores.values() if each.region})

    def of_region(self, region: str) -> list[str]:
        """The stores of a region, in the order of the table."""
        return [each.store for each in self.stores.values() if each.region == region]

    def open_day(self, now: float) -> date:
        """The earliest business day that is not over in some calendar, at Unix seconds `now`."""
        return min(calendar.on(now) for calendar in (self.default, *self.exceptions.values()))


def as_read(name: str) -> tuple[int, int, str]:
    """By which names are sorted for a reader: numbers by their size, before the others."""
    return (0, int(name), "") if name.isdecimal() else (1, 0, name.casefold())


def load(settings: StoreTimeSettings) -> StoreTable:
    """The table of `STORES_FILE`, a CSV with some of COLUMNS in any order.

    Raises SettingsError naming each row that does not hold.
    """
    default = BusinessDay(settings.zone(), settings.business_day_cutoff_hour)
    if settings.stores_file is None:
        return StoreTable(default, {}, currency=settings.currency)
    return _read(settings.stores_file, default, settings.currency)


def _read(path: Path, default: BusinessDay, currency: str) -> StoreTable:
    calendars: dict[str, BusinessDay] = {}
    stores: dict[str, Store] = {}
    problems: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, restval="")
            _require_columns(path, rows.fieldnames)
            for row in rows:
                where = f"{path}, row {rows.line_num}"
                if None in row:
                    problems.append(f"{where}: more cells than the header has columns")
                    continue
                cells = {name: text.strip() for name, text in row.items()}
                store, told = cells["storeID"], _problems(cells)
                if store in stores:
                    told.append(f"store {store!r} stands there twice")
                if told:
                    problems += [f"{where}: {each}" for each in told]
                    continue
                stores[store] = _store(cells)
                if cells.get("zone") or cells.get("cutoffHour"):
                    calendars[store] = _calendar(cells, default)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(f"STORES_FILE={str(path)!r} cannot be read: {error}")
    if problems:
        raise SettingsError(problems)
    return StoreTable(default, calendars, stores, currency)


def _require_columns(path: Path, names: object) -> None:
    found = list(names) if isinstance(names, list) else []
    unknown = [name for name in found if name not in COLUMNS]
    if "storeID" not in found or unknown or len(set(found)) < len(found):
        said = f"{', '.join(map(repr, unknown))} is none of them; " if unknown else ""
        raise SettingsError(
            [
                f"{path}: the header must be storeID and any of {','.join(COLUMNS[1:])},"
                f" parted by commas, each once; {said}it is {','.join(found)!r}"
            ]
        )


def _problems(cells: dict[str, str]) -> list[str]:
    told: list[str] = []
    store, zone, hour = cells["storeID"], cells.get("zone", ""), cells.get("cutoffHour", "")
    if not is_store(store):
        told.append(f"storeID {store[:80]!r}: {STORE_IN_WORDS}")
    if zone and zone not in available_timezones():
        told.append(f"{zone!r} is no time zone such as Europe/Paris")
    if hour and not (hour.isdigit() and hour.isascii() and int(hour) <= 23):
        told.append(f"cutoffHour {hour!r} is not an hour from 0 to 23")
    for column in ("name", "region"):
        text = cells.get(column, "")
        if len(text) > NAME_LENGTH or not is_name(text):
            told.append(f"{column} {text[:80]!r} is not at most {NAME_LENGTH} characters of a line")
    try:
        _place(cells)
    except ValueError as error:
        told.append(str(error))
    try:
        _opening(cells)
    except OpeningHoursError as error:
        told.append(f"openingHours: {error}")
    return told


def _store(cells: dict[str, str]) -> Store:
    return Store(
        cells["storeID"],
        cells.get("name", ""),
        cells.get("region", ""),
        _place(cells),
        _opening(cells),
    )


def _opening(cells: dict[str, str]) -> OpeningHours | None:
    text = cells.get("openingHours", "")
    return opening_hours.parse(text) if text else None


def _calendar(cells: dict[str, str], default: BusinessDay) -> BusinessDay:
    zone, hour = cells.get("zone", ""), cells.get("cutoffHour", "")
    return BusinessDay(
        ZoneInfo(zone) if zone else default.zone, int(hour) if hour else default.cutoff_hour
    )


def _place(cells: dict[str, str]) -> tuple[float, float] | None:
    texts = cells.get("latitude", ""), cells.get("longitude", "")
    if texts == ("", ""):
        return None
    try:
        latitude, longitude = float(texts[0]), float(texts[1])
    except ValueError:
        latitude = longitude = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError(
            f"latitude {texts[0]!r}, longitude {texts[1]!r} are no degrees such as 48.8566, 2.3522"
        )
    return latitude, longitude
