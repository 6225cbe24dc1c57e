"""When a door or a persistence worker is added or taken away, and what is seen of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.loads import DoorLoad, Load, Times, doors, writers
from local.programs import ROOMS, SPARE, Program, rooms, spares
from local.scaling import COOL_SECONDS, LOOK_SECONDS, Decision
from local.scaling import Times as Lasting
from local.watch_urls import write_watch_urls

SECOND = 1_000_000_000


def changes(*loads: tuple[Load, float], most: int = 3) -> list[tuple[float, int]]:
    """When the number of programs becomes what, with these loads for so many seconds each."""
    decision, running, now = Decision(Lasting(up=3, down=60), most), 1, 100.0
    found = []
    for load, seconds in loads:
        until = now + seconds
        while now < until:
            if change := decision.change(load, running, now):
                running += change
                found.append((now - 100, running))
            now += LOOK_SECONDS
    return found


def test_one_is_added_after_seconds_of_load_and_taken_away_after_a_minute_of_rest() -> None:
    assert changes(("high", 4), ("low", 70)) == [(3.0, 2), (64.0, 1)]


def test_short_loads_and_short_rests_change_nothing() -> None:
    peaks: list[tuple[Load, float]] = [("high", 2.5), ("right", 1.0)]
    lulls: list[tuple[Load, float]] = [("low", 59.5), ("right", 0.5)]

    assert changes(*peaks * 10) == []
    assert changes(("high", 4), *lulls * 5) == [(3.0, 2)]


def test_changes_are_apart_and_never_beyond_the_bounds() -> None:
    found = changes(("high", 60), ("low", 300))

    assert [running for _, running in found] == [2, 3, 2, 1]
    assert found[1][0] - found[0][0] >= COOL_SECONDS
    assert changes(("high", 60), most=1) == []


def test_a_door_is_busy_while_it_computes_or_waits_for_a_core() -> None:
    assert [doors(1, 0.8, 0.0)[0], doors(1, 0.3, 0.5)[0], doors(2, 1.5, 0.0)[0]] == ["high"] * 3
    # It wakes now and then on a machine that others fill.
    assert doors(1, 0.02, 0.9)[0] == "low"
    assert [doors(2, 0.3, 0.0)[0], doors(2, 0.6, 0.0)[0], doors(3, 0.6, 0.0)[0]] == [
        "low",
        "right",
        "low",
    ]


def test_the_load_of_a_door_that_has_just_come_is_not_known() -> None:
    told = {1: Times(0, 0), 2: Times(0, 0)}
    load = DoorLoad(told.__getitem__)
    load.look({"entrypoint": 1}, 10.0)
    told[1] = Times(SECOND, 0)
    alone = load.look({"entrypoint": 1}, 11.0)
    told[1] = Times(2 * SECOND, 0)
    with_new = load.look({"entrypoint": 1, "entrypoint-2": 2}, 12.0)

    assert (alone[0], with_new[0]) == ("high", "right")
    assert alone[1] == "the doors are busy for 100% of the time and compute for 100%"


@pytest.mark.parametrize(
    ("waiting", "age", "drains", "load"),
    [
        (1_000, 0.0, True, "high"),
        (0, 1.0, True, "high"),
        (1_000_000, 600.0, False, "right"),
        (1, 0.0, True, "right"),
        (0, 0.7, True, "right"),
        (0, 0.0, False, "low"),
    ],
)
def test_a_queue_that_is_not_drained_at_all_needs_no_further_worker(
    waiting: int, age: float, drains: bool, load: Load
) -> None:
    assert writers(waiting, age, drains=drains)[0] == load


def test_spare_programs_are_there_where_there_may_be_more_than_one() -> None:
    usual = rooms({})
    more = spares(usual, doors=3, writers=2)
    added = [program for program in more if program.name not in [one.name for one in usual]]

    assert spares(usual, doors=1, writers=1) == usual
    assert [program.name for program in added] == ["entrypoint-2", "entrypoint-3", "persistence-2"]
    assert {program.group for program in added} == {SPARE}
    doors = [program for program in more if program.name.startswith("entrypoint")]
    assert {program.argv for program in doors} == {(*usual[0].argv, "--beside")}


def test_of_spare_programs_only_those_that_run_are_watched(tmp_path: Path) -> None:
    door = Program("entrypoint", ("door",), {"WATCH_PORT": "2"}, ROOMS)
    spare = replace(door, name="entrypoint-2", env={"WATCH_PORT": "3"}, group=SPARE)

    def watched(*running: str) -> dict[str, str]:
        write_watch_urls(tmp_path, [door, spare], {"ENTRYPOINT_PORT": "1"}, running)
        found: dict[str, str] = json.loads((tmp_path / "watch.json").read_text())
        return found

    assert watched() == {"entrypoint": "http://127.0.0.1:2"}
    assert watched("entrypoint-2") == {
        "entrypoint": "http://127.0.0.1:2",
        "entrypoint-2": "http://127.0.0.1:3",
    }
