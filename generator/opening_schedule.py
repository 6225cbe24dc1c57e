"""From options and settings to a chain that keeps opening hours, and to its days."""

import argparse
from datetime import date, timedelta
from pathlib import Path

import structlog

from generator.chain_days import ChainDays
from generator.receipts import Tills
from generator.trading import TradingChain
from tillstream import stores
from tillstream.clock import BusinessDay
from tillstream.errors import SettingsError
from tillstream.runtime import files
from tillstream.runtime.settings import StoreTimeSettings

log = structlog.get_logger()

#: Under DATA_DIR: the first day of a chain, from which its receipts are numbered.
FIRST_DAY = Path("generator", "chain.first")
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
    table = stores.load(chosen)
    if table.stores:
        return TradingChain(options.seed, table, options.tills)
    if options.mode == "chain":
        raise SettingsError([f"chain sells in the stores of a file, and {file} names none"])
    return None


def days(
    options: argparse.Namespace,
    tills: Tills,
    calendar: BusinessDay,
    now: float,
    chain: TradingChain,
    data_dir: Path,
) -> ChainDays:
    """Of `steady` from `now` on, of `chain` from some days before; Unix seconds.

    Raises SettingsError where the first day of `chain` cannot be kept.
    """
    live = options.mode == "steady"
    seconds = options.seconds if live else None
    day = calendar.on(now)
    if not live:
        day = _first_day(data_dir / FIRST_DAY, day - timedelta(days=options.days))
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


def _first_day(file: Path, asked: date) -> date:
    """That of the chain's first run, else `asked`: a chain that starts again sends the same."""
    try:
        if file.exists():
            kept = date.fromisoformat(file.read_text().strip())
            log.info("the chain goes on: what was sent before counts once", since=f"{kept}")
            return kept
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write_durably(file, f"{asked}\n".encode())
    except (OSError, ValueError) as error:
        raise SettingsError([f"DATA_DIR: the chain's first day, {file}: {error}"]) from error
    return asked
