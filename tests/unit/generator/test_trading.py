"""A chain with opening hours: nobody sells outside them, by the store's own clock, by seed."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from generator import arguments, opening_schedule, stores_command
from generator.chain_days import ChainDays
from generator.counters import MemoryCounters
from generator.receipts import Tills
from generator.schedules import Day
from generator.trading import NoOpenStoreError, TradingChain
from tillstream import stores
from tillstream.clock import BusinessDay
from tillstream.errors import SettingsError
from tillstream.runtime.settings import StoreTimeSettings
from tillstream.stores import StoreTable

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = BusinessDay(PARIS)
#: A Sunday: many stores close at noon, or all day.
SUNDAY = date(2026, 11, 29)


def table(folder: Path, text: str) -> StoreTable:
    file = folder / "stores.csv"
    file.write_text(text)
    return stores.load(StoreTimeSettings(stores_file=file))


def printed(chain: TradingChain, day: date, count: int, seed: int = 1) -> list[dict[str, Any]]:
    tills = Tills(chain, MemoryCounters(), lambda: 0.0, PARIS, seed)
    schedule = Day(tills, CALENDAR, day, count, 1e6, seed, chain.shoppers)
    return [msgspec.json.decode(one.body) for one in schedule.take(count, 1e9)]


def test_the_file_of_a_chain_is_read_without_complaint_and_the_same_each_time(
    tmp_path: Path,
) -> None:
    text = stores_command.text(1, 120)

    known = table(tmp_path, text)

    assert text == stores_command.text(1, 120) != stores_command.text(2, 120)
    assert (120, 120) == (len(known.stores), len({each.name for each in known.stores.values()}))
    assert all(each.place and each.opening and each.region for each in known.stores.values())
    assert {PARIS} < {known.calendar(store).zone for store in known.stores}


def test_stores_sell_within_their_opening_hours_by_their_own_clocks(tmp_path: Path) -> None:
    known = table(tmp_path, stores_command.text(1, 120))
    sold = printed(TradingChain(1, known, 3), SUNDAY, 4000)

    def is_open(receipt: dict[str, Any]) -> bool:
        week = known.store(receipt["storeID"]).opening
        wall = datetime.fromisoformat(receipt["date"]).replace(tzinfo=UTC)
        return week is not None and week.is_open(wall)

    assert 4000 == len(sold)
    assert [] == [each for each in sold if not is_open(each)]


def test_a_store_stays_shut_on_a_day_and_another_one_on_another(tmp_path: Path) -> None:
    rows = "".join(f"{store},Mo-Su 06:00-20:00\n" for store in range(1, 41))
    chain = TradingChain(1, table(tmp_path, f"storeID,openingHours\n{rows}"), 1)
    days = [SUNDAY - timedelta(days=each) for each in range(3)]

    selling = [{each["storeID"] for each in printed(chain, day, 4000)} for day in days]
    shut = [set(range(1, 41)) - each for each in selling]

    assert [1, 1, 1] == [len(each) for each in shut]
    assert 1 < len(set.union(*shut))


def test_the_same_seed_sells_the_same_and_days_follow_each_other(tmp_path: Path) -> None:
    known = table(tmp_path, stores_command.text(1, 40))
    noon = datetime(2026, 11, 25, 12, tzinfo=PARIS).timestamp()
    first = CALENDAR.starts(date(2026, 11, 23)).timestamp()

    def sold() -> list[bytes]:
        chain = TradingChain(1, known, 2)
        tills = Tills(chain, MemoryCounters(), lambda: 0.0, PARIS, 1)
        days = ChainDays(tills, chain, CALENDAR, first=first, start=noon, per_day=500, seed=1)
        return [one.body for one in days.take(10_000, 0.0)]

    once, again = sold(), sold()
    dates = [msgspec.json.decode(body)["date"] for body in once]
    by_day = Counter(each[:10] for each in dates)

    assert once == again
    assert ["2026-11-23", "2026-11-24", "2026-11-25"] == sorted(by_day)
    assert [date[:13] for date in dates] != []
    assert max(dates) < "2026-11-25 16"


def test_at_night_nothing_is_sold_and_that_is_told(tmp_path: Path) -> None:
    known = table(tmp_path, "storeID,openingHours\n1,Mo-Sa 06:30-19:30\n")
    chain = TradingChain(1, known, 1)

    with pytest.raises(NoOpenStoreError, match="no store of STORES_FILE is open"):
        chain.chain_at(datetime(2026, 11, 24, 3, tzinfo=PARIS).timestamp())


def test_stores_whose_ids_are_texts_sell_under_them(tmp_path: Path) -> None:
    chain = TradingChain(1, table(tmp_path, "storeID\n7\nNord\n007\n12345678901\n"), 2)

    sold = printed(chain, SUNDAY, 400)
    keys = [(each["storeID"], each["terminalID"], each["cashReceiptID"]) for each in sold]

    assert {7, "Nord", "007", 12345678901} == {store for store, _, _ in keys}
    assert len(keys) == len(set(keys))


def test_a_chain_that_starts_again_the_next_day_sends_the_same_receipts(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text(stores_command.text(1, 5))
    options = arguments.parse(
        ["chain", "--stores-file", str(file), "--days", "2", "--per-day", "300"], "http://door"
    )

    def sold(now: datetime) -> list[bytes]:
        chain = opening_schedule.trading(options, StoreTimeSettings())
        assert chain is not None
        tills = Tills(chain, MemoryCounters(), lambda: 0.0, PARIS, 1)
        started = now.timestamp()
        days = opening_schedule.days(options, tills, CALENDAR, started, chain, tmp_path)
        return [one.body for one in days.take(10_000, 0.0)]

    first = sold(datetime(2026, 11, 25, 23, 30, tzinfo=PARIS))
    again = sold(datetime(2026, 11, 26, 12, 0, tzinfo=PARIS))

    assert 600 < len(first) < len(again)
    assert first == again[: len(first)]


def test_a_table_without_stores_is_none_but_for_a_chain(tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text("storeID\n")
    settings = StoreTimeSettings(stores_file=file)

    assert opening_schedule.trading(arguments.parse(["steady"], "http://door"), settings) is None
    with pytest.raises(SettingsError, match="names none"):
        opening_schedule.trading(arguments.parse(["chain"], "http://door"), settings)
