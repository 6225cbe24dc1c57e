"""`python -m loadtest.fuzz`, what `script/fuzz` runs; its status says whether all places agree."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from loadtest.fuzz.run import Options, run, system_for_fuzz
from tillstream.errors import TillstreamError
from tillstream.runtime import process


def main() -> int:
    """Parse, run, report; 0 when everything holds."""
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument(
        "--receipts", type=int, default=200_000, help="receipts of the contract (default: 200000)"
    )
    parser.add_argument(
        "--broken", type=int, default=200_000, help="broken requests (default: 200000)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything that is sent")
    arguments = parser.parse_args()
    # Ends the system and removes its folder, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = Options(arguments.receipts, arguments.broken, arguments.seed)
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:4.0f} s  {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tillstream-fuzz-") as folder:
        try:
            with system_for_fuzz(Path(folder)) as system:
                report = run(system, options, Path(folder), say)
        except TillstreamError as error:
            process.fail(error)
    print(report.text(), flush=True)
    return 1 if report.all_problems() else 0


if __name__ == "__main__":
    sys.exit(main())
