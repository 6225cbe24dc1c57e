"""What `script/demo` runs: a system of its own with two weeks of a chain that goes on live."""

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.__main__ import run
from local.programs import PRIVATE_UMASK
from local.settings import ROOT, LocalSettings
from tillstream.errors import TillstreamError
from tillstream.runtime import process

STORES = 48
#: Of a mean day: two weeks of them are in the archive within three minutes.
RECEIPTS_PER_DAY = 6_000
#: Few batches at a time, so that days come in their order.
LOAD = {
    "demo": "generator chain --days 14 --batch 500 --outstanding 4 --tills 3 --tries 100 --wait 300"
    f" --per-day {RECEIPTS_PER_DAY}"
}
#: A demonstration is never a system that somebody works with: these are its own.
OWN = ("AMQP_URL", "MONGO_URL", "MONGO_DATABASE", "PARQUET_URL", "API_KEYS")


def main() -> None:
    """Fill, show, and delete all of it after Ctrl-C or SIGTERM."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    stop = process.stop_on_signals()
    os.umask(PRIVATE_UMASK)
    for name in OWN:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="tillstream-demo-") as folder:
        stores_file = Path(folder, "stores.csv")
        os.environ |= {"DATA_DIR": folder, "STORES_FILE": str(stores_file)}
        argv = ("-m", "generator", "stores", "--stores", str(STORES), "--file", str(stores_file))
        subprocess.run([sys.executable, *argv], cwd=ROOT, check=True, timeout=60)
        try:
            run(process.load_settings(LocalSettings), load=LOAD, stop=stop)
        except TillstreamError as error:
            process.fail(error, 1)


if __name__ == "__main__":
    main()
