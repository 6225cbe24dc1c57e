"""Revenue and returns against what is usual at this hour, of the chain, regions or stores."""

from collections.abc import Iterable, Mapping
from datetime import date

from alerts.heard import Heard
from alerts.reading import Look, Reading
from alerts.rule import CHAIN, REGION, REVENUE_BELOW_USUAL, STORE, Rule
from tillstream.clock import BusinessDay
from tillstream.day_figures import Figures, StoreFigures, total
from tillstream.figures_reader import FiguresReader
from tillstream.stores import StoreTable
from tillstream.usual import hours_over, usual, usual_days

#: Hour -> what is compared, as gross.
Hours = Mapping[str, Figures]


def reading(
    subject: str, rule: Rule, today: Hours, before: list[Hours], over: list[str]
) -> Reading:
    """Compare the hours that are over of one subject. Pure."""
    facts: dict[str, str | float] = {"until": _end(over)}
    if not over:
        return Reading(subject, bad=False, well=True, facts=facts)
    found = usual(before, over)
    value = total(today[hour] for hour in over if hour in today).gross_minor
    if found is None or found[0] <= 0 or found[0] < rule.least_minor:
        return Reading(subject, bad=False, well=found is not None, facts=facts)
    away = 100 * (value - found[0]) / found[0]
    facts |= {"value": value, "usual": found[0], "percent": away}
    if rule.kind == REVENUE_BELOW_USUAL:
        away = -away
    return Reading(subject, away >= rule.percent, away <= rule.end_percent, facts)


def _end(over: list[str]) -> str:
    return f"{(int(over[-1]) + 1) % 24:02d}:00" if over else ""


class Comparison:
    """A rule that compares; raises pymongo's errors."""

    def __init__(self, rule: Rule, reader: FiguresReader, table: StoreTable, heard: Heard) -> None:
        self._rule = rule
        self._reader = reader
        self._table = table
        self._heard = heard
        #: Day -> store -> hours, of days that are over.
        self._before: dict[str, dict[str, Hours]] = {}
        #: The same of days that go on, for the time of one look.
        self._today: dict[date, dict[str, Hours]] = {}
        self.period = 60.0 if rule.scope == CHAIN else 300.0

    def look(self, now: float) -> Look | None:
        """The readings at Unix seconds `now`."""
        if self._heard.counting(now) is None:
            return None
        found = self._chain(now) if self._rule.scope == CHAIN else self._stores(now)
        return Look({each.subject: each for each in found})

    def _chain(self, now: float) -> Iterable[Reading]:
        calendar = self._table.default
        day = calendar.on(now)
        days = usual_days(day)
        figures = self._reader.chain([day.isoformat(), *days])
        hours = {name: self._compared(each) for name, each in figures.items()}
        yield reading(
            "",
            self._rule,
            hours.get(day.isoformat(), {}),
            [hours[each] for each in days if each in hours],
            hours_over(calendar, day, now),
        )

    def _stores(self, now: float) -> Iterable[Reading]:
        # A comparison needs one clock: a region has that of its first store.
        groups: dict[str, tuple[BusinessDay, list[str]]] = {}
        for store in self._known(now):
            calendar = self._table.calendar(store)
            about = self._table.store(store)
            group = store if self._rule.scope == STORE else about.region
            if group:
                groups.setdefault(group, (calendar, []))[1].append(store)
        for group, (calendar, stores) in groups.items():
            yield self._of(group, stores, calendar, now)

    def _of(self, group: str, stores: list[str], calendar: BusinessDay, now: float) -> Reading:
        day = calendar.on(now)
        today, *before = (
            _summed(figures[store] for store in stores if store in figures)
            for figures in (self._day(day), *map(self._past, usual_days(day)))
        )
        over = hours_over(calendar, day, now)
        found = reading(f"{self._rule.scope}:{group}", self._rule, today, before, over)
        if self._rule.scope == REGION:
            return found._replace(facts={**found.facts, "name": group})
        title = self._table.store(group).title
        return found._replace(store=group, facts={**found.facts, "name": title})

    def _known(self, now: float) -> list[str]:
        days = {
            self._table.default.on(now),
            *(each.on(now) for each in self._table.exceptions.values()),
        }
        wanted = {past for day in days for past in usual_days(day)}
        self._before = {day: each for day, each in self._before.items() if day in wanted}
        self._today = {}
        return sorted({store for day in wanted for store in self._past(day)})

    def _day(self, day: date) -> dict[str, Hours]:
        if day not in self._today:
            self._today[day] = self._read(day.isoformat())
        return self._today[day]

    def _past(self, day: str) -> dict[str, Hours]:
        if day not in self._before:
            self._before[day] = self._read(day)
        return self._before[day]

    def _read(self, day: str) -> dict[str, Hours]:
        found = self._reader.stores(day)
        return {store: self._compared(figures) for store, figures in found.items()}

    def _compared(self, figures: StoreFigures) -> Hours:
        if self._rule.kind == REVENUE_BELOW_USUAL:
            return figures.hours
        return {
            hour: Figures(gross_minor=-each.returns_minor) for hour, each in figures.hours.items()
        }


def _summed(some: Iterable[Hours]) -> Hours:
    every = list(some)
    hours = {hour for each in every for hour in each}
    return {hour: total(each[hour] for each in every if hour in each) for hour in hours}
