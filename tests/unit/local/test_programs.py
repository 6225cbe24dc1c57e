"""Which programs a local run has."""

from local.programs import GENERATOR, LOAD, SHOP, SPARK, rooms


def test_the_generator_can_be_left_out() -> None:
    with_generator = [program.name for program in rooms(GENERATOR)]
    without = [program.name for program in rooms({})]

    assert with_generator == [*without, "generator"]
    assert without == [
        "entrypoint",
        "totals",
        "rate",
        "persistence",
        "archive-api",
        "events",
        "jobs",
        "alerts",
        "dashboard",
    ]


def test_receivers_have_a_process_where_any_is_declared() -> None:
    without = rooms({})
    [added] = [one for one in rooms({}, with_receivers=True) if one not in without]

    assert ("connectors", ("connectors", "run")) == (added.name, added.argv[-2:])


def test_a_shop_is_added_where_it_is_wanted() -> None:
    without = rooms(GENERATOR)
    added = [program for program in rooms(GENERATOR | SHOP) if program not in without]

    assert ["shop", "visits", "clicks"] == [program.name for program in added]
    assert {LOAD} == {program.group for program in added}


def test_an_engine_takes_the_places_of_the_workers_that_it_counts_for() -> None:
    embedded, spark = rooms({}), rooms({}, SPARK)
    changed = {one.name: one.argv[-2:] for one in spark if one not in embedded}

    assert [one.name for one in spark] == [one.name for one in embedded]
    assert changed["totals"] == ("spark", "receipts")
    assert changed["events"] == ("spark", "windows")
