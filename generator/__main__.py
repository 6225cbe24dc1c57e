"""`python -m generator steady|burst`: a bakery chain that does not exist, wired."""

import argparse
import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import uvloop
from msgspec import Meta
from tqdm import tqdm

from generator import arguments, chain
from generator.counters import FileCounters
from generator.delivery import Door, client, wait_until_up
from generator.pace import Brakes, Plan, run
from generator.receipts import Tills
from generator.summary import Summary
from tillstream import logs, process
from tillstream.clock import BusinessDay
from tillstream.errors import ServerNotReady, SettingsError
from tillstream.settings import LogSettings, StoreTimeSettings, redacted

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class GeneratorSettings(LogSettings, StoreTimeSettings):
    """Where the generator sends, and where its tills keep their receipt numbers."""

    entrypoint_url: Annotated[str, Meta(pattern=r"^https?://.+")] = "http://localhost:3000"
    data_dir: str = "var"


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
        tills = Tills(
            chain.build(options.seed, options.stores, options.tills),
            counters,
            time.time,
            settings.zone(),
            options.seed,
        )
        summary = Summary(
            BusinessDay(settings.zone(), settings.business_day_cutoff_hour),
            planned=options.count if options.mode == "burst" else None,
        )
        try:
            runner.run(_send(options, tills, summary))
        except ServerNotReady as error:
            process.fail(error, os.EX_UNAVAILABLE)
    print(summary.as_text(), flush=True)
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(summary.as_json())))
    return summary.exit_status


def _plan(options: argparse.Namespace) -> Plan:
    if options.mode == "burst":
        return Plan(None, options.count, options.concurrency, options.patience)
    limit = None if options.seconds is None else max(1, round(options.rate * options.seconds))
    return Plan(options.rate, limit, options.outstanding, None)


async def _send(options: argparse.Namespace, tills: Tills, summary: Summary) -> None:
    brakes = Brakes()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, brakes.pull)
    plan = _plan(options)
    async with client(options.timeout, plan.outstanding) as session:
        await wait_until_up(session, options.to, options.wait, brakes.stop)
        door = Door(session, options.to, options.tries, brakes.give_up)
        log.info("sending", mode=options.mode, to=redacted(options.to), rate=plan.rate)
        # Without a terminal there is nobody to watch the bar, and a log to keep clean.
        with tqdm(total=plan.limit, unit=" receipts", smoothing=0.05, disable=None) as bar:
            await run(plan, tills.issue, door.post, summary, brakes, bar.update)


if __name__ == "__main__":
    sys.exit(main())
