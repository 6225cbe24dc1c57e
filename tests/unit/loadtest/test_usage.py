"""Laws of the meter: work is seen where it is done, and nowhere else."""

import subprocess
import sys

from loadtest.bench.usage import Meter
from tests.support.waiting import wait_until

#: Works for half a second of processor time.
WORK = "import time\nwhile time.process_time() < 0.5: pass"


def test_work_is_that_of_the_process_that_does_it() -> None:
    idle = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    child = subprocess.Popen([sys.executable, "-c", WORK + "\ninput()"], stdin=subprocess.PIPE)
    meter = Meter({"work": child.pid, "idle": idle.pid})
    try:
        wait_until(
            lambda: meter.read().cores["work"] * meter.seconds() >= 0.45, 30, "the child's work"
        )
    finally:
        used = meter.read()
        for process in (idle, child):
            process.kill()
            process.communicate()

    assert used.cores["idle"] < used.cores["work"]


def test_a_process_that_has_ended_uses_nothing_more() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    used = Meter({"child": child.pid}).read()

    assert ({"child": 0.0}, {"child": 0.0}) == used
