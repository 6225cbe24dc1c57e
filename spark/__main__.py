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
    raise NotImplementedError(arguments.command, stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m spark", description=__doc__)
    parser.add_subparsers(dest="command", required=True)
    return parser


if __name__ == "__main__":
    main()
