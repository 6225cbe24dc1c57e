"""`python -m generator MODE`: a bakery chain that does not exist, and its shop, wired."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import structlog
import uvloop

from generator import arguments, chain, opening_schedule, records, stores_command, track, visits
from generator.argument_types import AMQP, FILE
from generator.clicks import commands as clicks
from generator.counters import Counters, FileCounters, MemoryCounters
from generator.delivery import Door, Receiver, client, wait_until_up
from generator.dsfinvk import command as dsfinvk
from generator.faults import FaultyTills
from generator.online import commands as online
from generator.progress import Progress
from generator.receipts import Tills
from generator.receivers import Broker, File
from generator.replay import Replay
from generator.schedules import Burst, Day, Schedule, Steady
from generator.sending import Plan, Shutdown, run
from generator.shop import commands as shop
from generator.summary import Summary
from generator.trading import NoOpenStoreError, TradingChain
from tillstream.clock import BusinessDay
from tillstream.errors import ServerNotReadyError, SettingsError
from tillstream.runtime import logs, process
from tillstream.runtime.settings import (
    AmqpUrl,
    DoorSettings,
    LogSettings,
    StoreTimeSettings,
    redacted,
)

log = structlog.get_logger()

#: Modes with a command line of their own.
_EVENT_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    online.MODE: online.main,
    visits.MODE: visits.main,
    clicks.MODE: clicks.main,
    track.MODE: track.main,
    shop.CSV_MODE: shop.write_csv,
    stores_command.MODE: stores_command.main,
    dsfinvk.MODE: dsfinvk.main,
}


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings(DoorSettings, LogSettings, StoreTimeSettings):
    """Where the generator sends, and where its tills keep their receipt numbers."""

    data_dir: str = "var"
    #: For `--to amqp`.
    amqp_url: AmqpUrl | None = None


def main(argv: list[str] | None = None) -> int:
    """Run one mode to its end; 0 when everything that was sent was accepted, 1 otherwise."""
    words = sys.argv[1:] if argv is None else argv
    if words and (command := _event_command(words[0], words[1:])) is not None:
        return command(words[1:])
    settings = process.load_settings(GeneratorSettings)
    options = arguments.parse(argv, settings.door_url(), others=_EVENT_COMMANDS)
    logs.configure(settings, "generator")
    try:
        trading = opening_schedule.trading(options, settings)
    except SettingsError as error:
        process.fail(error)
    start = _start(options, settings.zone())
    with (
        _counters(options, settings, trading) as counters,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        calendar = BusinessDay(settings.zone(), settings.business_day_cutoff_hour)
        tills = Tills(
            trading or chain.build(options.seed, options.stores, options.tills),
            counters,
            time.time if start is None else lambda: start,
            settings.zone(),
            options.seed,
            options.currencies or (),
        )
        summary = Summary(
            calendar,
            planned=options.count if options.mode in ("burst", "day") else None,
            judged=options.to.startswith("http"),
        )
        now = time.time() if start is None else start
        try:
            schedule = _schedule(options, settings, tills, calendar, summary, now, trading)
            runner.run(_send(options, settings, schedule, summary))
        except SettingsError as error:
            process.fail(error)
        except NoOpenStoreError as error:
            process.fail(error, os.EX_CONFIG)
        except ServerNotReadyError as error:
            process.fail(error, os.EX_UNAVAILABLE)
    print(summary.as_text(), flush=True)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(summary.as_json())))
    return summary.exit_status


def _event_command(mode: str, rest: list[str]) -> Callable[[list[str]], int] | None:
    """The command of a mode that sends no receipts: it makes events or files."""
    if mode == shop.REPLAY_MODE or (mode == "replay" and shop.is_events(rest)):
        return shop.replay_csv
    return _EVENT_COMMANDS.get(mode)


def _start(options: argparse.Namespace, zone: ZoneInfo) -> float | None:
    """The time that was given, Unix seconds; None where the chain goes on from now."""
    given: datetime | None = getattr(options, "start", None)
    if given is None:
        return None
    return (given if given.tzinfo else given.replace(tzinfo=zone)).timestamp()


def _counters(
    options: argparse.Namespace, settings: GeneratorSettings, trading: TradingChain | None
) -> AbstractContextManager[Counters]:
    # A chain numbers its receipts from its first day: it can be sent again, and counts once.
    if getattr(options, "start", None) is not None or options.mode == "chain":
        return nullcontext(MemoryCounters())
    folder = Path(settings.data_dir) / "generator"
    try:
        return FileCounters(folder, trading.last_store if trading else options.stores)
    except OSError as error:
        process.fail(SettingsError([f"DATA_DIR: cannot keep receipt numbers in {folder}: {error}"]))


def _schedule(
    options: argparse.Namespace,
    settings: GeneratorSettings,
    tills: Tills,
    calendar: BusinessDay,
    summary: Summary,
    now: float,
    trading: TradingChain | None,
) -> Schedule:
    if trading is not None and options.mode in ("chain", "steady"):
        folder = Path(settings.data_dir)
        return opening_schedule.days(options, tills, calendar, now, trading, folder)
    if options.mode == "burst":
        return Burst(tills, options.count)
    if options.mode == "day":
        day = options.date or calendar.on(now)
        shoppers = None if trading is None else trading.shoppers
        return Day(tills, calendar, day, options.count, options.speed, options.seed, shoppers)
    if options.mode == "replay":
        # The time of the start, in seconds: another text for each run.
        mark = f"{int(now):x}" if options.renumber else ""
        return Replay(records.read(options.file), calendar.zone, options.speed, summary, mark)
    if options.mode == "mess":
        return FaultyTills(
            tills,
            arguments.shares(options),
            rate=options.rate,
            count=options.count,
            start=now,
            silence=options.silence,
            seed=options.seed,
        )
    count = None if options.seconds is None else max(1, round(options.rate * options.seconds))
    return Steady(tills, options.rate, count, now)


def _plan(options: argparse.Namespace) -> Plan:
    # A file takes receipts as fast as they come: their dates tell when they were due.
    paced = not options.to.startswith(FILE)
    if options.mode == "burst":
        return Plan(paced, options.batch, options.concurrency, options.patience)
    return Plan(paced, options.batch, options.outstanding, None)


@asynccontextmanager
async def _receiver(
    options: argparse.Namespace, settings: GeneratorSettings, shutdown: Shutdown, connections: int
) -> AsyncIterator[Receiver]:
    if options.to.startswith(FILE):
        file = File(Path(options.to.removeprefix(FILE)))
        yield file
        file.close()
    elif options.to == AMQP:
        if settings.amqp_url is None:
            process.fail(
                SettingsError(["AMQP_URL is not set; --to amqp needs it"]), process.EX_CONFIG
            )
        broker = Broker(settings.amqp_url, options.tries, shutdown.give_up, time.time)
        yield broker
        await broker.close()
    else:
        async with client(options.timeout, connections) as session:
            await wait_until_up(session, options.to, options.wait, shutdown.stop)
            yield Door(session, options.to, options.tries, shutdown.give_up)


async def _send(
    options: argparse.Namespace, settings: GeneratorSettings, schedule: Schedule, summary: Summary
) -> None:
    shutdown = Shutdown()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, shutdown.in_order)
    plan = _plan(options)
    async with _receiver(options, settings, shutdown, plan.outstanding) as receiver:
        log.info("sending", mode=options.mode, to=redacted(options.to))
        with Progress(getattr(options, "count", None), time.monotonic) as progress:
            await run(plan, schedule, receiver, summary, shutdown, progress.ended)
    # Only a steady run may be ended by whoever started it.
    summary.whole = options.mode in ("steady", "chain") or schedule.due() is None


if __name__ == "__main__":
    sys.exit(main())
