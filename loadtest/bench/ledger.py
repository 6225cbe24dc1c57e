"""How fast the ledger is rebuilt from the log, and the memory that this takes."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from loadtest.bench.command import measured
from loadtest.bench.harness import Options, Result
from loadtest.bench.log_writer import MESSAGE_RECEIPTS, write_log
from loadtest.bench.private import System, running_system
from loadtest.receipt_pool import generated
from tillstream import topology
from tillstream.errors import TillstreamError
from tillstream.runtime import data_folder

#: Targets of the issue, receipts per second.
TARGET_BATCHED = 150_000
TARGET_SINGLE = 30_000
TARGET_MEMORY = 700

#: Receipts of a business day, of 1,000 stores.
DAY_RECEIPTS = 1_000_000
FIRST_DAY = datetime(2026, 10, 1, 4, tzinfo=UTC)

#: So many are made by the generator; more are these again, with other numbers.
GENERATED = 200_000


#: What is before the number of a receipt, it, what is before the day of its date, this, the rest.
_PARTS = re.compile(rb'(.*?"cashReceiptID":)(\d+)(,.*?"date":")(.{10})(.*)}$').match


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
        f" ones; of {many:,} (and with `--long` six times as many), {DAY_RECEIPTS:,} a day, once:"
        " memory is that of all its processes together.",
    ]
    for count, per_message, name, target in (
        (batched, MESSAGE_RECEIPTS, "recount, log in batches", TARGET_BATCHED),
        (single, 1, "recount, log of single receipts", TARGET_SINGLE),
    ):
        with running_system([], ["rabbitmq"]) as system:
            fill(system, count, per_message)
            for _ in range(options.rounds):
                rate, _memory = _recount(system, count)
                series.add(name, "receipts/s", rate, "higher", target)
    for count in (many, 6 * many) if options.long else (many,):
        with running_system([], ["rabbitmq"]) as system:
            fill(system, count, MESSAGE_RECEIPTS)
            rate, memory = _recount(system, count)
            size = (system.data_dir / data_folder.LEDGER).stat().st_size
        series.add(f"recount of {count:,}", "receipts/s", rate, "higher", TARGET_BATCHED)
        series.add(f"recount of {count:,}: memory", "MiB", memory, "lower", TARGET_MEMORY)
        series.add(f"recount of {count:,}: file, an identity", "bytes", size / count, "lower", 30)
    return series


def fill(system: System, count: int, per_message: int) -> None:
    """A log of so many receipts of the generator, in messages of so many each."""
    # Nobody stores here: the queue of the archive would only fill the disk.
    with system.channel() as channel:
        channel.queue_unbind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
    write_log(system.amqp_url, _receipts(count, system.environ), per_message)


def _receipts(count: int, environ: Mapping[str, str]) -> Iterator[bytes]:
    """Stamped receipts, day after day, each with a number of its own."""
    made = [_PARTS(each) for each in generated(min(count, GENERATED), environ)]
    parts = [each.groups() for each in made if each is not None]
    for day in range(-(-count // DAY_RECEIPTS)):
        opens = FIRST_DAY + timedelta(days=day)
        text, opened = opens.date().isoformat().encode(), int(opens.timestamp())
        for of_day in range(min(DAY_RECEIPTS, count - day * DAY_RECEIPTS)):
            again, index = divmod(day * DAY_RECEIPTS + of_day, len(parts))
            head, number, between, _, tail = parts[index]
            # Within the hours that the stores are open.
            received = opened + of_day * 57_600 // DAY_RECEIPTS
            yield b'%b%d%b%b%b,"receivedTime":%d}' % (
                head,
                int(number) + again * 1_000_000,
                between,
                text,
                tail,
                received,
            )


def _recount(system: System, count: int) -> tuple[float, float]:
    """Receipts/s, and the largest resident memory in MiB."""
    done = measured(system, "analytics", "recount")
    found = re.search(r"counted (\d+) receipts in [\d.]+ s \(([\d,]+)/s\)", done.said)
    if found is None or int(found[1]) != count:
        raise TillstreamError(f"recount said: {done.said[-2000:]}")
    return float(found[2].replace(",", "")), done.memory
