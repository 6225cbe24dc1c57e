"""What of the findings is wrong, and how to mend it. Pure."""

from collections.abc import Iterable
from datetime import datetime

from command.status.findings import (
    FiguresFound,
    Problem,
    ProgramFound,
    QueuesFound,
    ReceiversFound,
    SizesFound,
    Unasked,
)
from tillstream.receivers.variables import SECRET, variable
from tillstream.runtime.disk import in_units

#: A death is told as a problem for so long; after that, in the table of programs alone.
DEATH_SECONDS = 600
#: Messages in the queue of the archive: what a burst leaves is stored within seconds.
MANY_MESSAGES = 10_000
#: A receipt that waits for so long to be stored is late.
LATE_SECONDS = 30.0
RUNBOOKS = "docs/runbooks/"
#: What is said of each part that gave no answer.
_MEND = {
    "supervisor": ("end what is left and start `tillstream up` again", None),
    "rabbitmq": (
        "it is started again by itself; its log is DATA_DIR/log/rabbitmq.log; the door answers"
        " 503 and senders try again meanwhile",
        f"{RUNBOOKS}log-lost.md",
    ),
    "mongodb": (
        "it is started again by itself; its log is DATA_DIR/log/mongod.log; receipts wait in the"
        " queue meanwhile, none is lost",
        f"{RUNBOOKS}mongodb-lost.md",
    ),
}


def problems(
    programs: Iterable[ProgramFound],
    figures: FiguresFound,
    queues: QueuesFound | None,
    sizes: SizesFound | None,
    unasked: Iterable[Unasked],
    min_free: int,
    conflicts: int | None,
    receivers: ReceiversFound,
    now: datetime,
) -> list[Problem]:
    """The worst first: what has died, what does not answer, what is behind, what is short."""
    # A spare one that does not run is not needed now.
    programs = [each for each in programs if each.state != "SPARE"]
    waiting = [each.name for each in programs if each.state == "STOPPED" and each.since is None]
    found = [
        problem
        for each in programs
        if each.name not in waiting
        for problem in _of_program(each, now)
    ]
    if waiting:
        what = f"not started yet: {', '.join(waiting)}"
        mend = "wait: the servers come first; after `up --servers-only` they stay away"
        found.append(Problem(what, mend))
    for each in unasked:
        mend, page = _MEND.get(each.what, (f"see DATA_DIR/log/{each.what}.log", None))
        found.append(Problem(f"{each.what}: {each.why}", mend, page))
    if sizes is not None and sizes.disk_free < min_free:
        least = in_units(min_free)
        what = f"the disk has {in_units(sizes.disk_free)} free, less than {least}: 503 to senders"
        found.append(Problem(what, "make room on it", f"{RUNBOOKS}disk-full.md"))
    if queues is not None and queues.to_be_archived > MANY_MESSAGES:
        found.append(
            Problem(
                f"{queues.to_be_archived} messages wait for the archive",
                "see whether `persistence` and `mongod` run; they are stored as soon as both do",
                f"{RUNBOOKS}mongodb-lost.md",
            )
        )
    if (figures.storing_behind_seconds or 0) > LATE_SECONDS:
        what = f"a receipt has waited {figures.storing_behind_seconds:.0f} s to be stored"
        found.append(Problem(what, "see DATA_DIR/log/persistence.log and mongod.log"))
    if queues is not None and queues.dead_letters:
        found.append(
            Problem(
                f"{queues.dead_letters} dead letters could not be archived",
                "`tillstream dead-letters list` says why; `replay` sends them again",
                f"{RUNBOOKS}receipt-aside.md",
            )
        )
    if conflicts:
        found.append(
            Problem(
                f"{conflicts} receipts came again with other contents and are kept aside",
                "`tillstream verify` names them",
                f"{RUNBOOKS}receipt-aside.md",
            )
        )
    return [*found, *_of_receivers(receivers)]


def _of_receivers(receivers: ReceiversFound) -> list[Problem]:
    page = f"{RUNBOOKS}deliveries.md"
    aside = [
        Problem(
            f"{many} deliveries of {name} are set aside",
            "`tillstream receivers status` says why; once that is mended,"
            f" `tillstream receivers retry {name}` maps them again",
            page,
        )
        for name, many in receivers.aside.items()
    ]
    missing = [
        Problem(
            f"{name} sends, and is refused: its receiver is not set up",
            "give its secret by RECEIVER_SECRETS_FILE or"
            f" {variable(name, SECRET)}; DATA_DIR/log/entrypoint.log says"
            " what else is missing",
            page,
        )
        for name in receivers.not_set_up
    ]
    return aside + missing


def _of_program(program: ProgramFound, now: datetime) -> list[Problem]:
    log = f"DATA_DIR/log/{program.name}.log"
    death = program.last_death
    if program.state not in ("RUNNING", "STARTING"):
        how = f" ({death.how})" if death else ""
        since = death.at if death else program.since
        mend = f"its last lines are in {log}; it is tried again by itself"
        if program.state in ("STOPPED", "STOPPING"):
            mend = "somebody has ended it; `tillstream up` starts it with the next start"
        return [Problem(f"{program.name} does not run: {program.state}{how}", mend, None, since)]
    if program.stopped_pids:
        pids = " ".join(map(str, program.stopped_pids))
        what = f"{program.name} is stopped by a signal (SIGSTOP): it is there and does nothing"
        return [Problem(what, f"`kill -CONT {pids}` lets it go on")]
    if death and (now - datetime.fromisoformat(death.at)).total_seconds() < DEATH_SECONDS:
        times = f", {program.deaths} times since the start" if program.deaths > 1 else ""
        what = f"{program.name} has died ({death.how}){times}; it runs again"
        return [Problem(what, f"see {log} for why", None, death.at)]
    return []
