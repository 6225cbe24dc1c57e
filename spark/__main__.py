"""`python -m spark`: the workers that count, with Spark as what computes."""

import argparse
import threading

from tillstream.errors import TillstreamError
from tillstream.runtime import process
from tillstream.runtime.spark_needs import require_spark


def main() -> None:
    """Run a command until SIGTERM or SIGINT."""
    arguments = _parser().parse_args()
    stop = process.stop_on_signals()
    try:
        # Told in one line, before anything of it is loaded.
        require_spark()
        raise SystemExit(_run(arguments, stop))
    except TillstreamError as error:
        process.fail(error)


def _run(arguments: argparse.Namespace, stop: threading.Event) -> int:
    # A command shall not carry the libraries of the others.
    match arguments.command:
        case "receipts":
            from spark.receipts.command import run as run_receipts

            return run_receipts(stop)
        case "windows":
            from spark.windows.command import run

            run(stop, with_archive=not arguments.no_archive)
        case "attribution":
            raise TillstreamError(
                "attributions are made by `python -m spark windows`: they share its state and its"
                " transaction, and so have no command of their own"
            )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spark", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("receipts", help="worker: count every receipt once, as `analytics totals`")
    windows = commands.add_parser(
        "windows", help="worker: count every event once in its windows, and attribute conversions"
    )
    windows.add_argument("--no-archive", action="store_true", help="for measurements: count only")
    commands.add_parser("attribution", help="says that `windows` does it")
    return parser


if __name__ == "__main__":
    main()
