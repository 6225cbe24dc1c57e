"""`tillstream`, or `python -m command`: parse, find, run; each failure is one line."""

import os
import sys

from command.command_errors import CommandError, UnreadableWordError
from tillstream.errors import TillstreamError
from tillstream.runtime.failing import fail
from tillstream.runtime.interrupt import end_at_ctrl_c
from tillstream.runtime.output import output_told

#: Typed so, `status` is answered without Typer: to load it takes as long as the answer.
STATUS = (["status"], ["status", "--json"])


def main() -> None:
    """Run what was typed."""
    end_at_ctrl_c()
    with output_told():
        _run()


def _run() -> None:
    try:
        _require_readable(sys.argv[1:])
        if sys.argv[1:] in STATUS:
            from command.status import command

            raise SystemExit(command.run(as_json="--json" in sys.argv))
        from command.app import app

        app(prog_name="tillstream")
    except CommandError as error:
        fail(error, error.status)
    except TillstreamError as error:
        fail(error)


def _require_readable(words: list[str]) -> None:
    """Raise UnreadableWordError for a word that is no text here, and no file."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            if not os.path.lexists(word):
                raise UnreadableWordError(word) from error


if __name__ == "__main__":
    main()
