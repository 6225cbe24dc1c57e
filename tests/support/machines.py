"""A machine that results of benchmarks may be of: nothing is measured for it."""

from loadtest.bench.machine import Machine
from loadtest.bench.speed import Speed

MACHINE = Machine(
    commit="abc1234",
    dirty=False,
    changed=[],
    date="2026-11-21T08:00:00+00:00",
    cores=2,
    memory_mib=24_000,
    cpu="a processor",
    system="Linux 6.1",
    python="3.11.2",
    load=0.1,
    packages={"msgspec": "0.22"},
    speed=Speed(300_000.0, 500_000.0),
)
