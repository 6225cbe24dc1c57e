"""`python -m loadtest.chaos`: what `script/chaos` runs; its status says whether the system held."""

import argparse
import json
import signal
import sys
from pathlib import Path

from loadtest.chaos.plan import FULL, HOWS, OTHER, PROGRAMS, UNBIND, faults
from loadtest.chaos.run import Options, run
from loadtest.chaos.system import system_for_faults
from tillstream.errors import TillstreamError
from tillstream.runtime import process

TARGETS = (*PROGRAMS, *OTHER, UNBIND, "all")


def main() -> int:
    """Parse, run, report; 0 when nothing was lost or counted twice and all came back in time."""
    arguments = parser().parse_args()
    chosen = faults(arguments.kill or ["all"], arguments.how, arguments.rounds, seed=arguments.seed)
    # Ends the system and removes its folder, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = Options(arguments.seconds, arguments.rate, arguments.seed)
    try:
        fills_disk = any(fault.target == FULL for fault in chosen)
        with system_for_faults(fills_disk=fills_disk) as system:
            report = run(system, chosen, options, lambda line: print(line, flush=True))
    except TillstreamError as error:
        process.fail(error)
    if arguments.json:
        arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    print(report.text(), flush=True)
    return 1 if report.problems() else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument(
        "--kill",
        action="append",
        choices=TARGETS,
        metavar="WHAT",
        help=f"{', '.join(TARGETS)} (default, without {UNBIND}); several by repetition",
    )
    parser.add_argument("--how", choices=(*HOWS, "all"), default="all", help="default: all")
    parser.add_argument("--rounds", type=_at_least_one, default=20, help="default: 20")
    parser.add_argument(
        "--seconds", type=float, default=10, help="load of each round at least (default: 10)"
    )
    parser.add_argument("--rate", type=_rate, default=200, help="receipts a second (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the receipts and the order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the report for programs")
    return parser


def _at_least_one(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("must be at least 1: a run without a fault proves nothing")
    return int(text)


def _rate(text: str) -> float:
    if not 10 <= float(text) <= 2000:
        raise argparse.ArgumentTypeError("must be from 10 to 2000")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())
