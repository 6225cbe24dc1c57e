"""`python -m connectors WORD`: what exists at the shops, connected."""

import argparse

from connectors.files import command as import_files
from tillstream.errors import TillstreamError
from tillstream.runtime import process


def main() -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m connectors", description=__doc__)
    words = parser.add_subparsers(dest="word", required=True)
    import_files.add_arguments(words.add_parser("import", help="files that tills export"))
    arguments = parser.parse_args()
    try:
        return import_files.run(arguments, process.stop_on_signals())
    except TillstreamError as error:
        process.fail(error)


if __name__ == "__main__":
    raise SystemExit(main())
