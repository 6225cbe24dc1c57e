"""Reads the jobs that JOBS_FILE declares; every mistake is told with its line and a proposal."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from jobs import cron
from jobs.command_words import PLACES, unknown_places
from jobs.definition import Job
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.mistakes import proposal
from tillstream.streams.named_tables import name_of, read_named

MOST_JOBS = 200
MOST_RETRIES = 10
#: Where nothing else is said, seconds.
_LIMIT, _BACKOFF = 3_600.0, 60.0
_ROOT = Path(__file__).resolve().parents[1]


def rooms() -> list[str]:
    """What `python -m` can run here."""
    return sorted(path.parent.name for path in _ROOT.glob("*/__main__.py"))


def load(path: Path, store_zone: str, known: Sequence[str] | None = None) -> list[Job]:
    """The jobs in their order; raises DefinitionError with all mistakes.

    `store_zone` is the zone of those that name none, `known` what `python -m` can run.
    """
    words = rooms() if known is None else known
    return read_named(
        path, "job", MOST_JOBS, lambda table: _job(table, store_zone, words), required=True
    )


def _job(table: DeclaredTable, store_zone: str, known: Sequence[str]) -> Job | None:
    table.require("name", "command", "cron")
    name = name_of(table)
    command = _command(table, known)
    when = table.text("cron")
    if when is not None:
        try:
            cron.check(when)
        except ValueError as error:
            table.tell(f"cron = {when!r}: {error}", "cron")
            when = None
    zone = table.text("zone") or store_zone
    if zone not in available_timezones():
        table.tell(f"zone = {zone!r}{proposal(zone, available_timezones())}", "zone")
        zone = "UTC"
    limit, backoff = table.duration("limit"), table.duration("backoff")
    retries = table.whole("retries", 0, MOST_RETRIES)
    enabled = table.flag("enabled")
    table.end()
    if name is None or command is None or when is None:
        return None
    return Job(
        name=name,
        command=command,
        cron=" ".join(when.split()),
        zone=ZoneInfo(zone),
        limit_seconds=_LIMIT if limit is None else limit / MICROSECONDS,
        retries=retries or 0,
        backoff_seconds=_BACKOFF if backoff is None else backoff / MICROSECONDS,
        enabled=enabled is not False,
    )


def _command(table: DeclaredTable, known: Sequence[str]) -> tuple[str, ...] | None:
    text = table.text("command")
    if text is None:
        return None
    if not text.isprintable():
        # No process takes a NUL: each run of the job would fail.
        table.tell("command: it has signs that cannot be printed", "command")
        return None
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        table.tell(f"command = {text!r}: {error}", "command")
        return None
    if not words or words[0] not in known:
        room = words[0] if words else ""
        table.tell(f"command: no module {room!r} to run{proposal(room, known)}", "command")
        return None
    for place in unknown_places(words):
        table.tell(f"command: no {{{place}}}{proposal(place, PLACES)}", "command")
        return None
    return words
