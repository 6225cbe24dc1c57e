"""The exit statuses of `tillstream`, those of sysexits.h where it has one."""

import os

from tillstream.runtime.failing import EX_CONFIG, EX_PORT_TAKEN

#: Done; for a question: all is well.
OK = 0
#: Not done, or what was asked does not hold: figures disagree, a program has died.
FAILED = 1
#: The words of the command line are wrong.
USAGE = 2
#: Nothing runs that could be asked.
NOTHING_RUNS = os.EX_UNAVAILABLE
#: Another user's folder.
NOT_YOURS = os.EX_NOPERM

#: Number -> meaning, as `--help` and docs/command.md list them.
MEANINGS = {
    OK: "done; for a question: all is well",
    FAILED: "not done, or what was asked does not hold (the output says what)",
    USAGE: "the words of the command line are wrong",
    NOTHING_RUNS: "nothing runs that could be asked",
    EX_PORT_TAKEN: "another program has the port",
    NOT_YOURS: "another user's folder",
    EX_CONFIG: "a setting is missing or wrong",
    130: "ended by Ctrl-C",
}
