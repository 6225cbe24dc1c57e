"""Laws of the tables and pictures of loads: a figure stands in the row and column of its name."""

from collections.abc import Sequence

import pytest

from loadtest.bench import load_tables, pictures
from loadtest.bench.harness import Result
from loadtest.bench.results import Record
from tests.support.machines import MACHINE


def table(heads: Sequence[str], cells: Sequence[Sequence[str]], left: int) -> str:
    """One line a row, as `results.Table` asks."""
    return "\n".join(",".join(row) for row in (heads, *cells)) + f"<{left}"


@pytest.fixture
def done() -> Record:
    series = Result()
    for value in (1.0, 3.0, 2.0):
        series.add("idle: of totals", "cores", value / 100, "lower")
        series.add("idle: of totals", "MiB", 70, "lower")
        series.add("idle: of all", "cores", value / 100, "lower", 0.05)
        series.add("200/s: lost", "receipts", 0, "lower", 0)
        series.add("200/s: refused", "receipts", value, "lower", 0)
        series.add("200/s: accepted", "receipts/s", 200 * value, "higher")
        series.add("200/s: POST to snapshot, p50", "s", value / 10, "lower")
        series.add("200/s: POST to snapshot, p99", "s", value, "lower", 1)
        series.add("200/s: of mongod", "cores", value / 4, "lower")
    return Record(part="system", rounds=3, quick=False, machine=MACHINE, result=series)


def test_a_load_has_one_row_and_a_figure_the_column_of_its_name(done: Record) -> None:
    _, _, loads, *_ = load_tables.tables(done, table)
    heads = (
        "load,accepted/s,counted/s,stored/s,answer, s,snapshot, s,MongoDB, s,lost / refused,cores"
        ",cores, client / others,MiB"
    )

    assert [heads, "idle,,,,,,,,0.02,,", "200/s,400,,,,0.2 / 2,,0 / 2,,,<1"] == loads.splitlines()


def test_a_process_has_its_own_column_in_each_unit(done: Record) -> None:
    *_, cores, _, memory = load_tables.tables(done, table)

    assert ["load,totals,mongod,all", "idle,0.02,,0.02", "200/s,,0.5,<1"] == cores.splitlines()
    assert ["load,totals,all", "idle,70,", "200/s,,<1"] == memory.splitlines()


def test_what_was_to_be_reached_comes_first_and_losses_only_where_there_are_some(
    done: Record,
) -> None:
    aims, *_ = load_tables.tables(done, table)

    assert [
        "target,unit,median,min,max,is",
        "idle: of all,cores,0.02,0.01,0.03,<= 0.05 reached",
        "200/s: refused,receipts,2,1,3,<= 0 MISSED",
        "200/s: POST to snapshot, p99,s,2,1,3,<= 1 MISSED<2",
    ] == aims.splitlines()


def test_a_picture_shows_the_loads_that_have_such_a_figure(done: Record) -> None:
    bars = pictures.Bars("Rates", "receipts/s", ("accepted", "stored"))
    shown = [(one.name, one.x, one.y) for one in pictures.picture(done.result, bars).data]

    assert [("accepted", ("200/s",), (400.0,)), ("stored", ("200/s",), (None,))] == shown


def test_a_picture_without_names_stacks_every_process_and_not_their_sum(done: Record) -> None:
    picture = pictures.picture(done.result, pictures.Bars("Cores", "cores"))
    shown = [(one.name, one.x, one.y) for one in picture.data]

    assert [
        ("totals", ("idle", "200/s"), (0.02, None)),
        ("mongod", ("idle", "200/s"), (None, 0.5)),
    ] == shown
    assert picture.layout.barmode == "stack"


def test_every_part_with_loads_has_tables_and_pictures() -> None:
    assert load_tables.COLUMNS.keys() == load_tables.PROCESSES.keys() == pictures.PICTURES.keys()
