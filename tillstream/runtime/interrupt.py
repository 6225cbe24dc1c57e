"""How Ctrl-C ends a command that does not take the signal itself."""

import signal

#: `python -m` this, then a room and its words: Ctrl-C ends it in silence while it loads, too.
ROOM_PROCESS = "tillstream.runtime.room_process"


def end_at_ctrl_c() -> None:
    """Let SIGINT end this process at once and in silence, until somebody takes the signal.

    To a shell it is 130. A KeyboardInterrupt instead would be a traceback, some libraries make
    another error of it while they load, and DuckDB hears of none in the middle of a query.
    Nothing is left half written that `kill -9` would not leave too.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
