"""How far the forecast of a day is wrong: days of the generator's shape, some of them held back."""

import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from loadtest.bench.harness import Options, Result
from tillstream import forecast
from tillstream.forecast import Hours
from tillstream.usual import usual_days

#: Days of a chain, and the newest of them that are held back; chains of a round.
DAYS, HELD_BACK, CHAINS = 60, 20, 40
#: Receipts of the generator that tell a weekday's shape.
RECEIPTS = 20_000
#: A Monday; the generator's days follow it.
FIRST = date(2026, 9, 7)
#: It is foretold at the full hour.
AT = (9, 12, 15, 18)
#: What a weekday sells, Monday first, and a usual day in cents.
WEEKDAYS = (0.92, 0.94, 0.97, 1.0, 1.12, 1.32, 0.85)
DAY_MINOR = 5_000_000
#: Growth a day; spread of a day, of the weather of its hours and of each hour, as shares; how much
#: of the weather stays for the next hour.
GROWTH, DAY_SPREAD, WEATHER, HOUR_SPREAD, STAYS = 0.002, 0.08, 0.12, 0.05, 0.7
#: Share of days that are odd: closed from 14:00, opened at 11:00, or half as much again.
ODD = 0.05

#: The rule was chosen by chains of other seeds.
FIRST_SEED = 101

Chain = dict[str, Hours]


class Way(NamedTuple):
    """A way to foretell: its name, and its relative errors by hour."""

    name: str
    errors: dict[int, list[float]]


def run(options: Options) -> Result:
    """Each round is of other chains; the rule, and two that are simpler."""
    series = Result()
    chains = options.size(CHAINS, 2)
    shapes = [_shape(FIRST + timedelta(days=weekday)) for weekday in range(7)]
    series.notes.append(
        f"Hours of the seven weekdays of `python -m generator day`, {RECEIPTS:,} receipts each."
        f" Of them {chains} chains a round of {DAYS} days: a trend of {GROWTH:.1%} a day,"
        f" {DAY_SPREAD:.0%} by day, {WEATHER:.0%} of weather that lasts for hours,"
        f" {HOUR_SPREAD:.0%} by hour, and {ODD:.0%} odd days (closed at 14:00, opened at 11:00,"
        f" half as much again). The last {HELD_BACK} days of each are foretold from those before."
        " The median error is of all days, the mean (MAPE) has the odd ones in it; a band is to"
        " hold eight of ten days."
    )
    for number in range(options.rounds):
        _round(series, shapes, chains, random.Random(FIRST_SEED + number))
    return series


def _round(series: Result, shapes: list[Hours], chains: int, luck: random.Random) -> None:
    ways = [Way(name, {at: [] for at in AT}) for name in ("rule", "last week", "so far / share")]
    within: dict[int, list[bool]] = {at: [] for at in AT}
    widths: dict[int, list[float]] = {at: [] for at in AT}
    for _ in range(chains):
        days = chain(shapes, luck)
        for held in list(days)[-HELD_BACK:]:
            day, sold = date.fromisoformat(held), days[held]
            past = {name: hours for name, hours in days.items() if name < held}
            end = sum(sold.values())
            for at in AT:
                over = [f"{hour:02d}" for hour in range(at)]
                until = {hour: gross for hour, gross in sold.items() if hour in over}
                found = forecast.forecast(day, until, past, over)
                told = (found.expected, _last_week(day, past), _by_share(day, sold, past, over))
                for way, each in zip(ways, told, strict=True):
                    way.errors[at].append(abs(each - end) / end)
                if found.low is not None and found.high is not None:
                    within[at].append(found.low <= end <= found.high)
                    widths[at].append((found.high - found.low) / 2 / found.expected)
    for at in AT:
        for way in ways:
            errors = sorted(way.errors[at])
            mean = sum(errors) / len(errors)
            series.add(f"{at}:00, {way.name}: MAPE", "%", 100 * mean, "lower")
            middle = errors[len(errors) // 2]
            series.add(f"{at}:00, {way.name}: median error", "%", 100 * middle, "lower")
        held_days = sum(within[at]) / len(within[at])
        series.add(f"{at}:00, band holds", "% of days", 100 * held_days, "higher", 80)
        half = sorted(widths[at])[len(widths[at]) // 2]
        series.add(f"{at}:00, half of the band", "%", 100 * half, "lower")


def _last_week(day: date, past: Chain) -> float:
    return sum(past[usual_days(day)[0]].values())


def _by_share(day: date, sold: Hours, past: Chain, over: list[str]) -> float:
    """What is sold, by the share of a usual day that is sold by then."""
    usual = forecast.usual_hours(day, past)
    until = sum(hours.get(hour, 0) for hours in usual for hour in over)
    whole = sum(sum(hours.values()) for hours in usual)
    so_far = sum(sold.get(hour, 0) for hour in over)
    return so_far * whole / until if until else whole / len(usual)


def chain(shapes: list[Hours], luck: random.Random) -> Chain:
    """DAYS days of cents by hour, the oldest first."""
    days: Chain = {}
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        shape = shapes[day.weekday()]
        level = DAY_MINOR * WEEKDAYS[day.weekday()] * (1 + GROWTH) ** number
        level *= luck.lognormvariate(0, DAY_SPREAD) / sum(shape.values())
        odd = luck.choice(("early", "late", "strong")) if luck.random() < ODD else ""
        weather = luck.gauss(0, WEATHER)
        hours = {}
        for hour, gross in sorted(shape.items()):
            weather = STAYS * weather + (1 - STAYS**2) ** 0.5 * luck.gauss(0, WEATHER)
            factor = luck.lognormvariate(weather, HOUR_SPREAD) * (1.5 if odd == "strong" else 1)
            closed = (odd == "early" and hour >= "14") or (odd == "late" and hour < "11")
            if not closed:
                hours[hour] = round(gross * level * factor)
        days[day.isoformat()] = hours
    return days


def _shape(day: date) -> Hours:
    """Cents by hour of a day of the generator."""
    with tempfile.TemporaryDirectory(prefix="tillstream-bench-") as folder:
        file = Path(folder) / "day.jsonl"
        argv = [sys.executable, "-m", "generator", "day", "--to", "file", str(file)]
        argv += ["--stores", "20", "--count", str(RECEIPTS), "--date", day.isoformat()]
        subprocess.run(argv, check=True, capture_output=True, timeout=300)
        hours: Counter[str] = Counter()
        with file.open() as lines:
            for line in lines:
                receipts = json.loads(line)
                for each in receipts if isinstance(receipts, list) else [receipts]:
                    hours[each["date"][11:13]] += round(each["documentTotal"]["grossTotal"] * 100)
    return dict(hours)
