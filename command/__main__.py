"""`tillstream`, or `python -m command`: parse, find, run; each failure is one line."""

from command.app import app
from command.command_errors import CommandError
from tillstream.errors import TillstreamError
from tillstream.runtime import process


def main() -> None:
    """Run what was typed."""
    try:
        app(prog_name="tillstream")
    except CommandError as error:
        process.fail(error, error.status)
    except TillstreamError as error:
        process.fail(error)


if __name__ == "__main__":
    main()
