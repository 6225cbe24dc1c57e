"""Does the damage, and undoes what does not end by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from loadtest import faked_clock
from loadtest.bench.private import System
from loadtest.chaos import disk
from loadtest.chaos.plan import PROGRAMS, Fault
from loadtest.waiting import wait_until
from local import processes
from local.control import Control
from tillstream import topology
from tillstream.errors import ServerNotReadyError
from tillstream.runtime import broker

#: The node's defaults, to which the alarms go back.
MEMORY_WATERMARK = "0.4"
DISK_LIMIT = "50MB"
DEATH_SECONDS = 10
#: Further than the ledger keeps identities.
WRONG_CLOCK = "+401d"


def inject(system: System, fault: Fault) -> float:
    """Return when the fault was over, or lifted by us, Unix seconds.

    What it caused may take longer to heal. Raises ServerNotReadyError where the fault did not
    happen, and supervisor's, pika's or subprocess's errors.
    """
    control = system.supervisor.control
    program = PROGRAMS.get(fault.target, "")
    match fault.target, fault.how:
        case _, "kill":
            return _kill(control, program)
        case _, "restart":
            control.stop(program)
            control.start(program)
        case _, "stop":
            control.signal(program, "STOP")
            with _lifted(lambda: control.signal(program, "CONT")):
                time.sleep(fault.hold)
        case "alarm", _:
            _alarm(system, fault, ("set_vm_memory_high_watermark", "0"), MEMORY_WATERMARK)
        case "disk", _:
            _alarm(system, fault, ("set_disk_free_limit", "1000000GB"), DISK_LIMIT)
        case "clock", _:
            file = Path(system.environ[faked_clock.FILE_VARIABLE])
            faked_clock.set_clock(file, WRONG_CLOCK)
            with _lifted(lambda: faked_clock.set_clock(file, faked_clock.RIGHT)):
                time.sleep(fault.hold)
        case "segments", _:
            _delete_log(system)
        case "full", _:
            taken = disk.fill(system.data_dir.parent)
            with _lifted(taken.unlink):
                time.sleep(fault.hold)
        case "unbind", _:
            _unbind(system, fault)
        case _:
            raise ValueError(f"no such fault: {fault.name}")
    return time.time()


def _kill(control: Control, program: str) -> float:
    before = control.statuses()[program].pid
    below = processes.descendants(before)
    control.signal(program, "KILL")
    killed = time.time()
    # A kill that did not kill would prove nothing.
    if not wait_until(lambda: control.statuses()[program].pid != before, DEATH_SECONDS):
        raise ServerNotReadyError(f"{program} has survived a SIGKILL")
    if not wait_until(lambda: not any(map(processes.is_alive, below)), DEATH_SECONDS):
        raise ServerNotReadyError(f"processes of {program} have outlived it")
    return killed


def _alarm(system: System, fault: Fault, command: tuple[str, str], normal: str) -> None:
    with _lifted(lambda: system.rabbitmqctl(command[0], normal)):
        system.rabbitmqctl(*command)
        time.sleep(fault.hold)


def _delete_log(system: System) -> None:
    program = PROGRAMS["broker"]
    name = topology.RECEIPTS_LOG.replace(".", "_")
    files = f"rabbitmq/mnesia/*/stream/__{name}_*/*"
    system.supervisor.control.stop(program)
    with _lifted(lambda: system.supervisor.control.start(program)):
        found = list(system.data_dir.glob(files))
        for file in found:
            file.unlink()
    if not found:
        raise ServerNotReadyError(f"the log has no files {files}")


def _unbind(system: System, fault: Fault) -> None:
    connection = broker.connect(system.amqp_url, "chaos unbind")
    try:
        channel = connection.channel()
        channel.queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
        with _lifted(lambda: broker.declare(channel)):
            connection.sleep(fault.hold)
    finally:
        connection.close()


@contextmanager
def _lifted(lift: Callable[[], None]) -> Iterator[None]:
    try:
        yield
    finally:
        lift()
