"""The analytic archive: how fast a day is exported, and a sum over ten million receipts."""

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
from pymongo import MongoClient

from loadtest.bench.archive_writer import when_stored
from loadtest.bench.command import measured
from loadtest.bench.harness import Options, Result
from loadtest.bench.log_writer import MESSAGE_RECEIPTS, stamped, write_log
from loadtest.bench.private import System, running_system
from loadtest.receipt_pool import generated
from tillstream.errors import TillstreamError

#: The issues' targets: ten million receipts summed by category, seconds; a day's export.
TARGET_SECONDS = 2.0
TARGET_EXPORT = 50_000

#: The business day of the receipts that are exported; each further day is a copy of it.
FIRST_DAY = date(2025, 1, 1)

BY_CATEGORY = "SELECT category, sum(gross) FROM lines GROUP BY category ORDER BY category"


def measure(options: Options, series: Result) -> None:
    """Export a day, copy it to many days, and ask over all of them."""
    receipts, days = options.size(1_000_000, 2_000), options.size(10, 5)
    series.notes += [
        f"Analytic archive: {receipts:,} receipts of the generator, stored by the worker and"
        f" exported by `python -m persistence export-parquet`; then {days} days of as many"
        " receipts with keys of their own, by DuckDB.",
        "A question is `python -m persistence sql`, which looks into MongoDB too (nothing newer was"
        " there). The target is for the answer: the whole command less one that asks `SELECT 1`.",
    ]
    with running_system(["persistence"]) as system:
        _fill(system, receipts)
        for number in range(options.rounds):
            done = measured(
                system, "persistence", "export-parquet", "--to", str(system.data_dir / f"{number}")
            )
            rate = receipts / done.seconds
            series.add("Parquet: export a day", "receipts/s", rate, "higher", TARGET_EXPORT)
            series.add("Parquet: export a day, memory", "MiB", done.memory, "lower")
        measured(system, "persistence", "export-parquet")
        archive = system.data_dir / "parquet"
        size = sum(file.stat().st_size for file in archive.rglob("*.parquet"))
        series.add("Parquet: a receipt on disk", "bytes", size / receipts, "lower")
        # What the nights before have exported is no longer compared.
        with MongoClient[dict[str, object]](system.mongo_url) as client:
            client["tillstream"]["receipts"].delete_many({})
        _copy_days(archive, days)
        for number in range(options.rounds + 1):
            start, sums = (
                measured(system, "persistence", "sql", "SELECT 1"),
                measured(system, "persistence", "sql", BY_CATEGORY),
            )
            if number:
                what = f"Parquet: {receipts * days:,} receipts by category"
                answer = sums.seconds - start.seconds
                series.add(what, "s", answer, "lower", TARGET_SECONDS)
                series.add("Parquet: the whole command", "s", sums.seconds, "lower")
                series.add("Parquet: memory of the question", "MiB", sums.memory, "lower")
        _check(system, receipts * days)


def _fill(system: System, count: int) -> None:
    """Receipts of one closed day, through the queue into MongoDB."""
    made = generated(count, system.environ, "--start", f"{FIRST_DAY}T12:00")
    write_log(system.amqp_url, stamped(made), MESSAGE_RECEIPTS)
    with MongoClient[dict[str, object]](system.mongo_url) as client:
        when_stored(client["tillstream"]["receipts"], count)


def _copy_days(archive: Path, days: int) -> None:
    """Let the archive have `days` days, copies of the first but for keys and times."""
    path = archive / "manifest.json"
    manifest = json.loads(path.read_bytes())
    first = manifest["days"][FIRST_DAY.isoformat()]
    for number in range(1, days):
        day = FIRST_DAY + timedelta(days=number)
        copy = f"businessDay={day}/copy.parquet"
        (archive / copy).parent.mkdir()
        duckdb.execute(
            f"""
            COPY (
                SELECT * EXCLUDE (businessDay) REPLACE (
                    replace(key, '{FIRST_DAY}', '{day}') AS key,
                    date + INTERVAL {number} DAY AS date
                ) FROM read_parquet('{archive / first["file"]}')
            ) TO '{archive / copy}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)
            """  # noqa: S608 - paths of our own
        )
        manifest["days"][day.isoformat()] = first | {"file": copy}
    path.write_text(json.dumps(manifest))


def _check(system: System, receipts: int) -> None:
    """That what was asked was all of it."""
    question = "SELECT count(*), count(DISTINCT key) FROM receipts"
    said = measured(system, "persistence", "sql", question, "--csv").said.splitlines()[1]
    if said != f"{receipts},{receipts}":
        raise TillstreamError(f"the archive has {said} receipts and keys, not {receipts}")
