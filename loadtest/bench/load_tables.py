"""Tables of a result that has the same figures for several loads: one row a load.

Such a measurement is called `<load>: <what>`; what a process took is `<load>: of <process>`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from loadtest.bench.harness import Measurement, Result
from loadtest.bench.results import Record, Table, figure, target

Row = tuple[str, ...]

PROCESS = "of "
ALL = "all"


class Column(NamedTuple):
    """A head, and the measurements whose medians stand under it, with a slash between."""

    head: str
    whats: tuple[str, ...]
    unit: str


#: The columns of each part's table of loads.
COLUMNS = {
    "pace": (
        Column("lone p50, ms", ("lone, p50",), "ms"),
        Column("answer at 200/s, ms", ("200/s, p50", "200/s, p99"), "ms"),
        Column("cores at 200/s", ("200/s, all",), "cores"),
        Column("answer at 1,000/s, ms", ("1,000/s, p50", "1,000/s, p99"), "ms"),
        Column("cores at 1,000/s", ("1,000/s, all",), "cores"),
        Column("of these RabbitMQ / door", ("1,000/s, rabbitmq", "1,000/s, entrypoint"), "cores"),
        Column(
            "others at 200/s / 1,000/s",
            ("200/s, other programs", "1,000/s, other programs"),
            "cores",
        ),
        Column("as fast as answered, requests/s", ("as fast as answered",), "requests/s"),
    ),
    "system": (
        Column("accepted/s", ("accepted",), "receipts/s"),
        Column("counted/s", ("counted",), "receipts/s"),
        Column("stored/s", ("stored",), "receipts/s"),
        Column("answer, s", ("POST to answer, p50", "POST to answer, p99"), "s"),
        Column("snapshot, s", ("POST to snapshot, p50", "POST to snapshot, p99"), "s"),
        Column("MongoDB, s", ("POST to MongoDB, p50", "POST to MongoDB, p99"), "s"),
        Column("lost / refused", ("lost", "refused"), "receipts"),
        Column("cores", (f"{PROCESS}{ALL}",), "cores"),
        Column("cores, client / others", ("client and observer", "other programs"), "cores"),
        Column("MiB", (f"{PROCESS}{ALL}",), "MiB"),
    ),
    "growth": (
        Column("receipts/s", ("end to end",), "receipts/s"),
        Column("CPU of a receipt, us", (f"{PROCESS}{ALL}",), "us"),
        Column("memory, MiB", (f"{PROCESS}{ALL}",), "MiB"),
        Column("ledger, MiB on disk", ("ledger on disk",), "MiB"),
        Column("MongoDB, MiB on disk", ("MongoDB on disk",), "MiB"),
        Column("RabbitMQ, MiB on disk", ("RabbitMQ on disk",), "MiB"),
        Column("snapshot, s", ("POST to snapshot, p50", "POST to snapshot, p99"), "s"),
        Column("MongoDB, s", ("POST to MongoDB, p50", "POST to MongoDB, p99"), "s"),
    ),
}

#: The unit of each table of processes, and its sentence.
PROCESSES: dict[str, tuple[tuple[str, str], ...]] = {
    "pace": (),
    "system": (("cores", "Cores that each process took:"), ("MiB", "Resident memory, MiB:")),
    "growth": (
        ("us", "CPU that each process took for one receipt, us:"),
        ("MiB", "Resident memory, MiB:"),
    ),
}
PARTS = tuple(COLUMNS)


def tables(done: Record, table: Table) -> list[str]:
    """What was to be reached, the loads, and what each process took; sentences between them."""
    # That nothing may be lost or refused has a column; it is told here where it did not hold.
    aims = [one for one in done.result.measurements if one.target or one.reached is False]
    found: list[str] = []
    if aims:
        found.append(
            table(
                ("target", "unit", "median", "min", "max", "is"),
                [
                    (one.name, one.unit, figure(one.median), *_range(one), target(one))
                    for one in aims
                ],
                2,
            )
        )
    found.append("Medians; delays as p50 / p99:")
    found.append(table(*_loads(done.result, COLUMNS[done.part]), 1))
    for unit, sentence in PROCESSES[done.part]:
        found += [sentence, table(*_processes(done.result, unit), 1)]
    return found


def loads(result: Result) -> list[str]:
    """The loads, in the order in which they were measured."""
    return list(dict.fromkeys(one.name.partition(": ")[0] for one in result.measurements))


def median(result: Result, load: str, what: str, unit: str) -> float | None:
    """The median of one figure of a load; None where it was not measured."""
    name = f"{load}: {what}"
    for one in result.measurements:
        if (one.name, one.unit) == (name, unit):
            return one.median
    return None


def processes(result: Result, unit: str) -> list[str]:
    """The processes that have a figure in `unit`, without the row of all."""
    names = (
        one.name.partition(f": {PROCESS}")[2] for one in result.measurements if one.unit == unit
    )
    return [name for name in dict.fromkeys(names) if name and name != ALL]


def _processes(result: Result, unit: str) -> tuple[Row, list[Row]]:
    names = processes(result, unit)
    columns = [Column(name, (PROCESS + name,), unit) for name in names]
    return _loads(result, [*columns, Column(ALL, (PROCESS + ALL,), unit)])


def _loads(result: Result, columns: Sequence[Column]) -> tuple[Row, list[Row]]:
    """Heads and cells: a row a load."""
    cells = [(load, *(_cell(result, load, column) for column in columns)) for load in loads(result)]
    return ("load", *(column.head for column in columns)), cells


def _cell(result: Result, load: str, column: Column) -> str:
    values = [median(result, load, what, column.unit) for what in column.whats]
    return " / ".join("" if value is None else figure(value) for value in values).strip(" /")


def _range(one: Measurement) -> tuple[str, str]:
    return figure(min(one.values)), figure(max(one.values))
