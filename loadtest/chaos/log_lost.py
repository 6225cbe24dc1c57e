"""What an operator does where the log cannot be opened any more: docs/runbooks/log-lost.md."""

from loadtest.bench.private import CommandFailedError, System
from loadtest.chaos.plan import PROGRAMS
from loadtest.waiting import wait_until
from local import ready
from local.programs import SERVERS

#: Longest wait for the broker's start.
BROKER_SECONDS = 60.0
#: How often the log is made anew before that is given up.
TRIES = 3


def bring_log_back(system: System) -> None:
    """With every room ended and the broker just started: the log anew from the archive, the ledger
    from the log.

    Raises CommandFailedError where a command fails.
    """
    control = system.supervisor.control
    rooms = [program.name for program in system.supervisor.programs if program.group != SERVERS]
    for name in rooms:
        control.stop(name)
    _rebuild_log(system)
    system.command("analytics", "recount")
    for name in rooms:
        control.start(name)


def _rebuild_log(system: System) -> None:
    control = system.supervisor.control
    for tried in range(1, TRIES + 1):
        # Amid a full disk it may have lost processes of a queue, and not started them again; what
        # watches its streams may start it anew beside this, and a command says to run it again.
        control.stop(PROGRAMS["broker"])
        control.start(PROGRAMS["broker"])
        wait_until(ready.amqp(system.amqp_url).holds, BROKER_SECONDS)
        try:
            system.command("persistence", "rebuild-log")
        except CommandFailedError:
            if tried == TRIES:
                raise
        else:
            return
