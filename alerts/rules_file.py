"""Reads the rules that ALERTS_FILE declares; every mistake is told with its line and a proposal."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path

from alerts import rule as kinds
from alerts.rule import Rule
from tillstream import opening_hours
from tillstream.alert_records import SEVERITIES
from tillstream.money import MINOR_UNITS
from tillstream.opening_hours import OpeningHours, OpeningHoursError
from tillstream.streams.declared_table import DeclaredTable
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.mistakes import proposal
from tillstream.streams.named_tables import name_of, read_named

MOST_RULES = 100

#: Kind -> seconds until it begins, and until it ends, where nothing else is said.
KINDS: dict[str, tuple[float, float]] = {
    kinds.STORE_AT_ZERO: (3_600.0, 0.0),
    kinds.TILL_SILENT: (1_800.0, 60.0),
    kinds.REVENUE_BELOW_USUAL: (0.0, 0.0),
    kinds.RETURNS_UNUSUAL: (0.0, 0.0),
    kinds.FEED_SILENT: (30.0, 10.0),
    kinds.ARCHIVE_AWAY: (10.0, 10.0),
    kinds.VERIFY_FAILED: (0.0, 0.0),
    kinds.JOB_FAILED: (0.0, 0.0),
    kinds.DISK_SHORT: (60.0, 60.0),
}
COMPARING = (kinds.REVENUE_BELOW_USUAL, kinds.RETURNS_UNUSUAL)
WITH_HOURS = (kinds.STORE_AT_ZERO, kinds.TILL_SILENT)


def load(path: Path, targets: Collection[str]) -> list[Rule]:
    """The rules in their order; raises DefinitionError with all mistakes.

    `targets` are the names that are set: a rule that names none is sent to all of them.
    """
    return read_named(path, "rule", MOST_RULES, lambda table: _rule(table, sorted(targets)))


def _rule(table: DeclaredTable, targets: list[str]) -> Rule | None:
    table.require("name", "kind")
    name = name_of(table)
    kind = table.one_of("kind", tuple(KINDS))
    severity = table.one_of("severity", SEVERITIES)
    after, until = (table.duration(key, zero=True) for key in ("after", "until"))
    enabled = table.flag("enabled")
    send_to = _send_to(table, targets)
    if kind is None:
        # Nobody knows what else it may have.
        return None
    scope, percent, end_percent, least = _comparison(table, kind)
    hours = _hours(table) if kind in WITH_HOURS else None
    table.end()
    if name is None or enabled is False:
        return None
    begins, ends = KINDS[kind]
    return Rule(
        name=name,
        kind=kind,
        severity=next(each for each in SEVERITIES if each == (severity or "warning")),
        after=begins if after is None else after / MICROSECONDS,
        until=ends if until is None else until / MICROSECONDS,
        send_to=send_to,
        scope=scope,
        percent=float(percent),
        end_percent=float(end_percent),
        least_minor=least,
        hours=hours,
    )


def _send_to(table: DeclaredTable, targets: list[str]) -> tuple[str, ...]:
    if "send_to" not in table:
        table.texts("send_to")
        return tuple(targets)
    named = table.texts("send_to")
    for place, target in enumerate(named):
        if target not in targets:
            told = proposal(target, targets) or "; set one by ALERT_TARGET_NAME"
            table.tell(f"no target {target!r} is set{told}", "send_to", place)
    return named


def _comparison(table: DeclaredTable, kind: str) -> tuple[str, Decimal, Decimal, int]:
    if kind not in COMPARING:
        return kinds.CHAIN, Decimal(), Decimal(), 0
    table.require("percent")
    scope = table.one_of("scope", kinds.SCOPES) or kinds.CHAIN
    most = 100 if kind == kinds.REVENUE_BELOW_USUAL else 10_000
    percent = table.number("percent")
    if percent is not None and not 0 < percent <= most:
        table.tell(f"'percent' has to be more than 0 and at most {most:,}", "percent")
        percent = None
    end = table.number("end_percent")
    if end is not None and percent is not None and not 0 <= end <= percent:
        table.tell("'end_percent' has to be from 0 to percent", "end_percent")
        end = None
    least = table.whole("least", 0, 1_000_000_000)
    percent = Decimal() if percent is None else percent
    return scope, percent, percent if end is None else end, (least or 0) * MINOR_UNITS


def _hours(table: DeclaredTable) -> OpeningHours | None:
    text = table.text("hours")
    if text is None:
        return None
    try:
        return opening_hours.parse(text)
    except OpeningHoursError as error:
        table.tell(f"hours: {error}", "hours")
        return None
