"""What `script/demo` runs: a system of its own with two weeks of a chain that goes on live."""

import argparse
import csv
import logging
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import demo_clock
from local.__main__ import run
from local.ports import free_port
from local.programs import PRIVATE_UMASK, log_file
from local.settings import ROOT, LocalSettings
from tillstream.errors import PortTakenError, TillstreamError
from tillstream.runtime import process

#: Of a mean day: two weeks of them are in the archive within two minutes.
RECEIPTS_PER_DAY = 12_000
#: Few large batches at a time: days come in their order, and more at once are no faster.
SENDING = "--batch 2000 --outstanding 4 --tills 3 --tries 100 --timeout 60 --wait 300"
#: A demonstration is never a system that somebody works with: these are its own.
OWN = ("AMQP_URL", "MONGO_URL", "MONGO_DATABASE", "PARQUET_URL", "API_KEYS")
#: What its generator says when the past is sent; so many seconds later charts of the last minutes
#: do not show the rush of it.
FILLED = "going on live"
RUSH_SECONDS = 460
PICTURES_SECONDS = 900
PORTS = ("ENTRYPOINT_PORT", "DASHBOARD_PORT", "ARCHIVE_API_PORT")


def main() -> None:
    """Fill, show, and delete all of it after Ctrl-C or SIGTERM."""
    options = _options()
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    stop = process.stop_on_signals()
    os.umask(PRIVATE_UMASK)
    for name in OWN:
        os.environ.pop(name, None)
    if options.free_ports:
        os.environ |= _free_ports()
    with tempfile.TemporaryDirectory(prefix="tillstream-demo-") as folder:
        stores_file = Path(folder, "stores.csv")
        os.environ |= {"DATA_DIR": folder, "STORES_FILE": str(stores_file)}
        _write_stores(stores_file, options.stores)
        if "STORE_TIMEZONE" not in os.environ and (zone := demo_clock.zone(time.time())):
            said = f"Few stores of France sell at this hour: this chain's clocks go by {zone}"
            print(said, flush=True)
            os.environ["STORE_TIMEZONE"] = zone
            _without_zones(stores_file)
        chain = f"generator chain --days {options.days} --per-day {options.per_day} {SENDING}"
        if options.currencies:
            chain += f" --currencies {shlex.quote(options.currencies)}"
        try:
            settings = process.load_settings(LocalSettings)
            url = f"http://127.0.0.1:{settings.dashboard_port}"
            with _pictures(options.pictures, url, log_file(Path(folder), "demo"), stop) as taken:
                run(settings, load={"demo": chain}, stop=stop)
            if options.pictures and taken != [0]:
                sys.exit(1)
        except PortTakenError as error:
            process.fail(
                TillstreamError(f"{error}; or run script/demo --free-ports"), process.EX_PORT_TAKEN
            )
        except TillstreamError as error:
            process.fail(error)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--stores", default="48", help="how many (default: 48)")
    parser.add_argument("--days", default="14", help="whole days before today (default: 14)")
    text = f"receipts of a mean day (default: {RECEIPTS_PER_DAY})"
    parser.add_argument("--per-day", default=f"{RECEIPTS_PER_DAY}", help=text)
    text = "shares of the stores that sell in other currencies, as JPY=0.1,KWD=0.05"
    parser.add_argument("--currencies", metavar="CODE=SHARE,...", help=text)
    parser.add_argument(
        "--free-ports",
        action="store_true",
        help="listen on ports that are free, beside another system",
    )
    text = "take pictures of its pages once it is filled, and end; after script/bootstrap --test"
    parser.add_argument("--pictures", metavar="FOLDER", help=text)
    return parser.parse_args()


@contextmanager
def _pictures(
    folder: str | None, url: str, log: Path, stop: threading.Event
) -> Iterator[list[int]]:
    """Take them beside what runs, if asked to; yields where their exit status will be."""
    taken: list[int] = []

    def take() -> None:
        try:
            while not (log.exists() and FILLED in log.read_text()):
                if stop.wait(1):
                    return
            if not stop.wait(RUSH_SECONDS):
                to = ("--url", url, "--folder", str(folder))
                argv = (sys.executable, "-m", "local.demo_pictures", *to)
                done = subprocess.run(argv, cwd=ROOT, check=False, timeout=PICTURES_SECONDS)
                taken.append(done.returncode)
        finally:
            # The demonstration was for the pictures alone.
            stop.set()

    if folder is None:
        yield taken
        return
    thread = threading.Thread(target=take, name="pictures")
    thread.start()
    try:
        yield taken
    finally:
        stop.set()
        thread.join()


def _free_ports() -> dict[str, str]:
    chosen: dict[str, str] = {}
    for name in PORTS:
        chosen[name] = str(free_port(avoid=set(map(int, chosen.values()))))
    return chosen


def _write_stores(file: Path, stores: str) -> None:
    argv = ("-m", "generator", "stores", "--stores", stores, "--file", str(file))
    done = subprocess.run([sys.executable, *argv], cwd=ROOT, check=False, timeout=60)
    if done.returncode:
        sys.exit(done.returncode)


def _without_zones(file: Path) -> None:
    """Let every store of a file go by the clock of the chain."""
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "zone": ""} for row in rows)


if __name__ == "__main__":
    main()
