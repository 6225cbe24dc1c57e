"""`python -m connectors COMMAND`: tills and shops of other vendors, connected."""

import argparse

from connectors.files import command as import_files
from connectors.trying import check_command, try_command
from tillstream.errors import TillstreamError
from tillstream.runtime import process

#: Those that only tell: nothing runs for them.
_TELLING = {
    "check": (check_command, "tell every mistake of the definitions, or what they declare"),
    "try": (try_command, "tell the receipts that a file becomes, and what is wrong with them"),
}


def main() -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m connectors", description=__doc__)
    words = parser.add_subparsers(dest="word", required=True, metavar="COMMAND")
    import_files.add_arguments(words.add_parser("import", help="files that tills export"))
    for name, (module, said) in _TELLING.items():
        module.add_arguments(words.add_parser(name, help=said, description=said))
    arguments = parser.parse_args()
    try:
        if arguments.word == "import":
            return import_files.run(arguments, process.stop_on_signals())
        with process.reader_may_leave():
            return int(_TELLING[arguments.word][0].run(arguments))
        return 0
    except TillstreamError as error:
        process.fail(error)


if __name__ == "__main__":
    raise SystemExit(main())
