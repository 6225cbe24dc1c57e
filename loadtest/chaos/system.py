"""The whole system under faults: as a benchmark has it, set so that faults show."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from loadtest import faked_clock
from loadtest.bench.private import ROOMS, System, running_system
from loadtest.chaos import disk
from loadtest.chaos.deliveries import RECEIVER, SECRET
from local import closed_streams
from local.settings import ROOT

DATABASE = "tillstream"
#: The definition of the events that are sent, beside the repository's.
STREAMS = Path(__file__).with_name("streams")

#: One job, of every minute.
JOBS = Path(__file__).with_name("jobs.toml")

#: Receipts that the door remembers: so few that most repetitions are met downstream.
REMEMBERED_RECEIPTS = 100
#: The program whose clock is set wrong.
CLOCK_OF = "totals"
#: Processes of the door: with two, a parent that is killed could leave one behind.
DOORS = 2


@contextmanager
def system_for_faults(*, fills_disk: bool) -> Iterator[System]:
    """Every server and room, ready; ended and removed afterwards.

    With `fills_disk` on a disk of its own. To be entered from the main thread. Raises
    ServerNotReadyError.
    """
    environ = {
        "MONGO_DATABASE": DATABASE,
        "REMEMBERED_RECEIPTS": str(REMEMBERED_RECEIPTS),
        "ENTRYPOINT_WORKERS": str(DOORS),
        "API_KEYS": "off",
        "REFUSE_RULES": "",
        "STREAMS_DIR": f"{ROOT / 'streams'}:{STREAMS}",
        "JOBS_FILE": str(JOBS),
        f"RECEIVER_{RECEIVER.upper()}_SECRET": SECRET,
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tillstream-chaos-")))
        parent = folder
        if fills_disk:
            parent = folder / "disk"
            stack.enter_context(disk.own_disk(parent))
            environ["MIN_FREE_DISK_BYTES"] = str(disk.LEAST_FREE_BYTES)
        file = folder / "clock"
        environ[faked_clock.FILE_VARIABLE] = str(file)
        clocks = {CLOCK_OF: faked_clock.environ(file)}
        system = stack.enter_context(
            running_system(
                (*ROOMS, "events", "connectors", "jobs"),
                environ=environ,
                program_environ=clocks,
                parent=parent,
            )
        )
        streams = closed_streams.ClosedStreams(
            system.amqp_url,
            system.data_dir,
            disk.LEAST_FREE_BYTES if fills_disk else None,
            system.supervisor.programs,
        )
        stack.enter_context(closed_streams.mending(streams, print))
        yield system
