"""From options and settings to a chain that keeps opening hours, and to its days."""

import argparse
from datetime import timedelta
from pathlib import Path

from generator.chain_days import ChainDays
from generator.receipts import Tills
from generator.trading import TradingChain
from tillstream import stores
from tillstream.clock import BusinessDay
from tillstream.errors import SettingsError
from tillstream.runtime.settings import StoreTimeSettings

#: `steady --rate` is the mean of a whole day where stores close at night.
DAY_SECONDS = 86_400


def trading(options: argparse.Namespace, settings: StoreTimeSettings) -> TradingChain | None:
    """The stores of the file that is given, if one is; raises SettingsError."""
    file: Path | None = options.stores_file or settings.stores_file
    if options.mode == "replay":
        return None
    if file is None:
        if options.mode == "chain":
            raise SettingsError(["chain sells in the stores of a file: give --stores-file"])
        return None
    chosen = StoreTimeSettings(
        store_timezone=settings.store_timezone,
        business_day_cutoff_hour=settings.business_day_cutoff_hour,
        stores_file=file,
    )
    return TradingChain(options.seed, stores.load(chosen), options.tills)


def days(
    options: argparse.Namespace,
    tills: Tills,
    calendar: BusinessDay,
    now: float,
    chain: TradingChain,
) -> ChainDays:
    """Of `steady` from `now` on, of `chain` from some days before; Unix seconds."""
    live = options.mode == "steady"
    seconds = options.seconds if live else None
    day = calendar.on(now) - timedelta(days=0 if live else options.days)
    return ChainDays(
        tills,
        chain,
        calendar,
        first=now if live else calendar.starts(day).timestamp(),
        start=now,
        per_day=options.rate * DAY_SECONDS if live else options.per_day,
        seed=options.seed,
        count=None if seconds is None else max(1, round(options.rate * seconds)),
    )
