"""`tillstream`, or `python -m command`: parse, find, run; each failure is one line."""

import sys

from command.command_errors import CommandError
from tillstream.errors import TillstreamError
from tillstream.runtime.failing import fail

#: Typed so, `status` is answered without Typer: to load it takes as long as the answer.
STATUS = (["status"], ["status", "--json"])


def main() -> None:
    """Run what was typed."""
    try:
        if sys.argv[1:] in STATUS:
            from command.status import command

            raise SystemExit(command.run(as_json="--json" in sys.argv))
        from command.app import app

        app(prog_name="tillstream")
    except CommandError as error:
        fail(error, error.status)
    except TillstreamError as error:
        fail(error)


if __name__ == "__main__":
    main()
