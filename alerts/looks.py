"""What each kind of rule looks at. Each has `period`, the seconds from one look to the next."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec
from pymongo.database import Database

from alerts import rule as kinds
from alerts.comparison import Comparison
from alerts.heard import Heard
from alerts.reading import Look, Reading
from alerts.rule import Rule
from alerts.stores_at_zero import StoresAtZero, open_since
from tillstream import archive, job_records, verify_report
from tillstream.archive import Document
from tillstream.figures_reader import FiguresReader
from tillstream.runtime import disk
from tillstream.stores import StoreTable

QUERY_TIMEOUT_MS = 2_000
#: A disk has to have so much more than too little, to be well again.
DISK_ROOM = 1.1


class Looker(Protocol):
    """Looks at the world for one rule; raises pymongo's errors."""

    period: float

    def look(self, now: float) -> Look | None:
        """What it finds at Unix seconds `now`; None where it cannot know."""
        ...


class World(NamedTuple):
    """What rules look at."""

    heard: Heard
    table: StoreTable
    database: Database[Document]
    #: One for all rules: they read the same days.
    figures: FiguresReader
    #: Since when MongoDB does not answer, Unix seconds; None while it does.
    away_since: Callable[[], float | None]
    data_dir: Path
    min_free_disk_bytes: int | None


class Simple(NamedTuple):
    """A rule that is one function."""

    period: float
    look: Callable[[float], Look | None]


def looker(rule: Rule, world: World) -> Looker | Simple:
    """Who looks for a rule."""
    match rule.kind:
        case kinds.STORE_AT_ZERO:
            return StoresAtZero(rule, world.figures, world.table, world.heard)
        case kinds.REVENUE_BELOW_USUAL | kinds.RETURNS_UNUSUAL:
            return Comparison(rule, world.figures, world.table, world.heard)
        case kinds.TILL_SILENT:
            return Simple(2.0, lambda now: silent_tills(rule, world, now))
        case kinds.FEED_SILENT:
            return Simple(1.0, lambda now: silent_workers(world.heard, now))
        case kinds.ARCHIVE_AWAY:
            return Simple(1.0, lambda _: away(world.away_since()))
        case kinds.VERIFY_FAILED:
            return Simple(10.0, lambda _: verify(world.database))
        case kinds.JOB_FAILED:
            return Simple(10.0, lambda _: jobs(world.database))
    return Simple(10.0, lambda _: disk_space(world.data_dir, world.min_free_disk_bytes))


def silent_workers(heard: Heard, now: float) -> Look:
    """Workers that publish nothing."""
    return Look(
        {
            worker: Reading(
                worker,
                # Its word comes twice a second; the rule says how long is too long.
                bad=now - at > 2,
                well=now - at <= 2,
                facts={"name": worker},
                since=at,
            )
            for worker, at in heard.heard_at().items()
        }
    )


def silent_tills(rule: Rule, world: World, now: float) -> Look | None:
    """Tills that the totals worker finds silent, while their stores are open."""
    tills = world.heard.tills(now)
    if tills is None:
        return None
    readings = {}
    for till in tills.silent_tills:
        calendar, about = world.table.calendar(till.store), world.table.store(till.store)
        hours = about.opening or rule.hours
        is_open = hours is None or open_since(hours, calendar, now) is not None
        subject = f"till:{till.store}/{till.till}"
        readings[subject] = Reading(
            subject,
            bad=is_open,
            # It is still silent: that its store closes is no end.
            well=False,
            facts={
                "name": about.title,
                "till": till.till,
                "since": f"{datetime.fromtimestamp(till.since, calendar.zone):%H:%M}",
            },
            store=till.store,
            since=till.since,
        )
    # Of more than are named, nobody knows whether one is heard again.
    return Look(readings, complete=tills.silent <= len(tills.silent_tills))


def away(since: float | None) -> Look:
    """MongoDB does not answer."""
    return _one(bad=since is not None, since=since)


def verify(database: Database[Document]) -> Look | None:
    """The last proof of the books found differences, or did not come to its end."""
    found = database[archive.PROOFS].find_one(
        {"_id": verify_report.LAST}, max_time_ms=QUERY_TIMEOUT_MS
    )
    if found is None:
        return None
    try:
        proof = verify_report.read(found)
    except msgspec.ValidationError:
        return None
    facts: dict[str, Any] = {"differences": proof.differences, "verdict": proof.verdict}
    return _one(bad=proof.exit_status != 0, facts=facts)


def jobs(database: Database[Document]) -> Look:
    """Jobs whose newest run did not go well."""
    return Look(
        {
            f"job:{name}": Reading(f"job:{name}", bad=True, well=False, facts={"name": name})
            for name in job_records.failed(database)
        }
    )


def disk_space(folder: Path, least: int | None) -> Look | None:
    """The disk of DATA_DIR has less room than the door needs."""
    try:
        wanted, free = disk.min_free_bytes(folder, least), disk.free_bytes(folder)
    except OSError:
        return None
    facts: dict[str, Any] = {"free": disk.in_units(free)}
    found = Reading("", bad=free < wanted, well=free >= wanted * DISK_ROOM, facts=facts)
    return Look({"": found})


def _one(bad: bool, facts: dict[str, Any] | None = None, since: float | None = None) -> Look:
    return Look({"": Reading("", bad=bad, well=not bad, facts=facts or {}, since=since)})
