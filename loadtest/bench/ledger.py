"""How fast the ledger is rebuilt from the log, and the memory that this takes."""

import re
from collections.abc import Iterator, Mapping

from loadtest.bench.command import measured
from loadtest.bench.harness import Options, Result
from loadtest.bench.log_writer import MESSAGE_RECEIPTS, stamped, write_log
from loadtest.bench.private import System, running_system
from loadtest.receipt_pool import generated
from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder

#: Targets of the issue, receipts per second.
TARGET_BATCHED = 150_000
TARGET_SINGLE = 30_000

#: So many are made by the generator; more are these again, with other numbers.
GENERATED = 200_000


def run(options: Options) -> Result:
    """Receipts/s of `python -m analytics recount`, from both kinds of log, and its memory."""
    batched = options.size(1_000_000, 20_000)
    single = options.size(240_000, 5_000)
    many = options.size(5_000_000, 40_000)
    series = Result()
    series.notes += [
        "`python -m analytics recount`: everything from the first message to the ledger on disk,"
        " the broker beside it; receipts of the generator, of 1,000 stores.",
        f"Logs of {batched:,} receipts in messages of {MESSAGE_RECEIPTS}, of {single:,} single"
        f" ones; memory at {many:,} distinct receipts, once: of all its processes together.",
    ]
    for count, per_message, name, target in (
        (batched, MESSAGE_RECEIPTS, "recount, log in batches", TARGET_BATCHED),
        (single, 1, "recount, log of single receipts", TARGET_SINGLE),
    ):
        with running_system([], ["rabbitmq"]) as system:
            _fill(system, count, per_message)
            for _ in range(options.rounds):
                rate, _memory = _recount(system, count)
                series.add(name, "receipts/s", rate, "higher", target)
    with running_system([], ["rabbitmq"]) as system:
        _fill(system, many, MESSAGE_RECEIPTS)
        rate, memory = _recount(system, many)
        series.add(f"recount of {many:,}", "receipts/s", rate, "higher")
        series.add(f"memory at {many:,} identities", "MiB", memory, "lower")
        size = (system.data_dir / data_folder.LEDGER).stat().st_size
        series.add(f"ledger file at {many:,} identities", "MiB", size / 2**20, "lower")
    return series


def _fill(system: System, count: int, per_message: int) -> None:
    # Nobody stores here: the queue of the archive would only fill the disk.
    with system.channel() as channel:
        channel.queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
    write_log(system.amqp_url, stamped(_receipts(count, system.environ)), per_message)


def _receipts(count: int, environ: Mapping[str, str]) -> Iterator[bytes]:
    made = generated(min(count, GENERATED), environ)
    for number in range(count):
        again, index = divmod(number, len(made))
        # The number comes first; a repetition goes on with higher ones.
        first, _, tail = made[index].partition(b",")
        own = int(first.rpartition(b":")[2]) + again * 1_000_000
        yield b'{"cashReceiptID":%d,%b' % (own, tail)


def _recount(system: System, count: int) -> tuple[float, float]:
    """Receipts/s, and the largest resident memory in MiB."""
    done = measured(system, "analytics", "recount")
    found = re.search(r"counted (\d+) receipts in [\d.]+ s \(([\d,]+)/s\)", done.said)
    if found is None or int(found[1]) != count:
        raise TillstreamError(f"recount said: {done.said[-2000:]}")
    return float(found[2].replace(",", "")), done.memory
