"""What an operator does where the log cannot be opened any more: docs/runbooks/log-lost.md."""

from loadtest.bench.private import System
from loadtest.chaos.command import command
from tillstream.errors import ServerNotReady
from tillstream.local.programs import SERVERS


def bring_log_back(system: System) -> None:
    """With every room ended: the log anew from the archive, the ledger from the log.

    Raises ServerNotReady where a command fails.
    """
    control = system.supervisor.control
    rooms = [program.name for program in system.supervisor.programs if program.group != SERVERS]
    for name in rooms:
        control.stop(name)
    for words in (("persistence", "rebuild-log"), ("analytics", "recount")):
        done = command(system, *words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ServerNotReady(f"{' '.join(words)} ends with {done.returncode}: {said}")
    for name in rooms:
        control.start(name)
