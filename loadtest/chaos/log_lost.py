"""What an operator does where the log cannot be opened any more: docs/runbooks/log-lost.md."""

import pika.exceptions

from loadtest.bench.private import System
from loadtest.chaos.plan import PROGRAMS
from loadtest.chaos.watch import wait_until
from local.programs import SERVERS
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker

#: Longest wait for the broker's start.
BROKER_SECONDS = 60.0


def bring_log_back(system: System) -> None:
    """With every room ended and the broker just started: the log anew from the archive, the ledger
    from the log.

    Raises ServerNotReadyError where a command fails.
    """
    control = system.supervisor.control
    rooms = [program.name for program in system.supervisor.programs if program.group != SERVERS]
    for name in rooms:
        control.stop(name)
    # Amid a full disk it may have lost processes of a queue, and not started them again.
    control.stop(PROGRAMS["broker"])
    control.start(PROGRAMS["broker"])
    wait_until(lambda: _is_up(system), BROKER_SECONDS)
    for words in (("persistence", "rebuild-log"), ("analytics", "recount")):
        done = system.run(*words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ServerNotReadyError(f"{' '.join(words)} ends with {done.returncode}: {said}")
    for name in rooms:
        control.start(name)


def _is_up(system: System) -> bool:
    try:
        broker.connect(system.amqp_url, "chaos").close()
    except (pika.exceptions.AMQPError, OSError):
        return False
    return True
