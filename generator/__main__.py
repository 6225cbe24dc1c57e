"""`python -m generator MODE`: a bakery chain that does not exist, wired."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import uvloop
from msgspec import Meta
from tqdm import tqdm

from generator import arguments, chain, records
from generator.counters import FileCounters
from generator.delivery import Door, Receiver, client, wait_until_up
from generator.mess import Mess
from generator.pace import Brakes, Plan, run
from generator.receipts import Tills
from generator.receivers import Broker, File
from generator.replay import Replay
from generator.sources import Burst, Day, Source, Steady
from generator.summary import Summary
from generator.values import AMQP, FILE
from tillstream import logs, process
from tillstream.clock import BusinessDay
from tillstream.errors import ServerNotReady, SettingsError
from tillstream.settings import AmqpUrl, LogSettings, StoreTimeSettings, redacted

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings(LogSettings, StoreTimeSettings):
    """Where the generator sends, and where its tills keep their receipt numbers."""

    entrypoint_url: Annotated[str, Meta(pattern=r"^https?://.+")] = "http://localhost:3000"
    data_dir: str = "var"
    #: For `--to amqp`.
    amqp_url: AmqpUrl | None = None


def main(argv: list[str] | None = None) -> int:
    """Run one mode to its end; 0 when every receipt was accepted, 1 otherwise."""
    settings = process.load_settings(GeneratorSettings)
    options = arguments.parse(argv, settings.entrypoint_url)
    logs.configure(settings, "generator")
    folder = Path(settings.data_dir) / "generator"
    try:
        counters = FileCounters(folder, options.stores)
    except OSError as error:
        process.fail(SettingsError([f"DATA_DIR: cannot keep receipt numbers in {folder}: {error}"]))
    with counters, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        calendar = BusinessDay(settings.zone(), settings.business_day_cutoff_hour)
        tills = Tills(
            chain.build(options.seed, options.stores, options.tills),
            counters,
            time.time,
            settings.zone(),
            options.seed,
        )
        summary = Summary(
            calendar,
            planned=options.count if options.mode in ("burst", "day") else None,
            judged=options.to.startswith("http"),
        )
        source = _source(options, tills, calendar, summary)
        try:
            runner.run(_send(options, settings, source, summary))
        except ServerNotReady as error:
            process.fail(error, os.EX_UNAVAILABLE)
    print(summary.as_text(), flush=True)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(summary.as_json())))
    return summary.exit_status


def _source(
    options: argparse.Namespace, tills: Tills, calendar: BusinessDay, summary: Summary
) -> Source:
    now = time.time()
    if options.mode == "burst":
        return Burst(tills, options.count)
    if options.mode == "day":
        day = options.date or calendar.on(now)
        return Day(tills, calendar, day, options.count, options.speed, options.seed)
    if options.mode == "replay":
        # The time of the start, in seconds: another text for each run.
        mark = f"{int(now):x}" if options.renumber else ""
        return Replay(records.read(options.file), calendar.zone, options.speed, summary, mark)
    if options.mode == "mess":
        return Mess(
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
    options: argparse.Namespace, settings: GeneratorSettings, brakes: Brakes, connections: int
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
        broker = Broker(settings.amqp_url, options.tries, brakes.give_up, time.time)
        yield broker
        await broker.close()
    else:
        async with client(options.timeout, connections) as session:
            await wait_until_up(session, options.to, options.wait, brakes.stop)
            yield Door(session, options.to, options.tries, brakes.give_up)


async def _send(
    options: argparse.Namespace, settings: GeneratorSettings, source: Source, summary: Summary
) -> None:
    brakes = Brakes()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, brakes.pull)
    plan = _plan(options)
    async with _receiver(options, settings, brakes, plan.outstanding) as receiver:
        log.info("sending", mode=options.mode, to=redacted(options.to))
        total = getattr(options, "count", None)
        # Without a terminal there is nobody to watch the bar, and a log to keep clean.
        with tqdm(total=total, unit=" receipts", smoothing=0.05, disable=None) as bar:
            await run(plan, source, receiver, summary, brakes, bar.update)
    # Only a steady run may be ended by whoever started it.
    summary.whole = options.mode == "steady" or source.due() is None


if __name__ == "__main__":
    sys.exit(main())
