"""`python -m connectors COMMAND`: tills and shops of other vendors, connected."""

import argparse

from connectors.commands import retry_command, run_command, status_command, verify_command
from connectors.files import command as import_files
from connectors.trying import check_command, try_command
from tillstream.errors import TillstreamError
from tillstream.runtime import process
from tillstream.runtime.typed_as import program_name

#: Those that run for as long as they are let, or read whole logs: a signal ends them.
_RUNNING = {
    "run": (run_command, "make receipts of deliveries, until SIGTERM"),
    "verify": (verify_command, "prove that what was posted is the newest version of each sale"),
}
#: Those that only tell.
_TELLING = {
    "status": (status_command, "tell what deliveries came to, and what is set aside"),
    "retry": (retry_command, "have what is set aside of a receiver mapped again"),
    "check": (check_command, "tell every mistake of the definitions, or what they declare"),
    "try": (try_command, "tell the receipts that a file becomes, and what is wrong with them"),
}


def main() -> int:
    """Run a command; its exit status."""
    parser = argparse.ArgumentParser(prog=program_name("connectors"), description=__doc__)
    words = parser.add_subparsers(dest="word", required=True, metavar="COMMAND")
    import_files.add_arguments(words.add_parser("import", help="files that tills export"))
    for name, (module, said) in (_RUNNING | _TELLING).items():
        module.add_arguments(words.add_parser(name, help=said, description=said))
    arguments = parser.parse_args()
    try:
        if arguments.word == "import":
            return import_files.run(arguments, process.stop_on_signals())
        if arguments.word in _RUNNING:
            return int(_RUNNING[arguments.word][0].run(arguments))
        with process.reader_may_leave():
            return int(_TELLING[arguments.word][0].run(arguments))
    except TillstreamError as error:
        process.fail(error)


if __name__ == "__main__":
    with process.output_told():
        raise SystemExit(main())
