"""A bakery chain's morning that did not happen, for the pictures: archived, and told live."""

import json
import math
import random
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import astuple, replace

from dashboard.state.archive_state import ArchiveState
from dashboard.state.heard import Snapshot
from dashboard.state.model import Model
from dashboard.state.series import Values
from generator import chain
from generator.counters import MemoryCounters
from generator.receipts import Tills
from persistence.writer.entries import entry
from tests.support import snapshots
from tillstream.clock import BusinessDay, utc
from tillstream.day_figures import Figures, add
from tillstream.money import decimal_text
from tillstream.snapshots import (
    BreakdownFigures,
    BreakdownsSnapshot,
    CategoriesSnapshot,
    CategoryTotal,
    ClosedDay,
    DelayFigures,
    DelaySnapshot,
    RateSnapshot,
)
from tillstream.stores import StoreTable

Document = dict[str, Any]

PARIS = ZoneInfo(snapshots.ZONE)
DAY = date(2026, 11, 21)
#: The moment of the pictures: a Saturday before lunch.
MOMENT = datetime(2026, 11, 21, 12, 39, 40, tzinfo=PARIS).timestamp()
OPENING = datetime(2026, 11, 21, 6, 30, tzinfo=PARIS).timestamp()
#: So long the page may be looked at, and the shops are open, seconds.
SHOW_SECONDS = 600
OPEN_SECONDS = 14 * 3600
STORES, TILLS = 12, 3
WEEK = 7 * 86_400


def _per_minute(hour: float) -> float:
    """Receipts a minute so many hours after the opening."""
    waves = 0.8 * math.exp(-((hour - 1.6) ** 2) / 0.9) + math.exp(-((hour - 6.2) ** 2) / 1.6)
    return 15 + 42 * waves + 18 * math.exp(-((hour - 11.2) ** 2) / 2.5)


def sold(opening: float, until: float, tills: Tills, luck: random.Random) -> Iterator[Document]:
    """Archived receipts from the opening on, in time."""
    table = StoreTable(BusinessDay(PARIS), {})
    for minute in range(int(opening), int(until), 60):
        number = round(luck.gauss(_per_minute((minute - opening) / 3600), 2.5))
        for second in sorted(luck.randrange(60) for _ in range(number)):
            at = minute + second
            received = at + 0.2 + luck.random() * 0.2
            receipt = json.loads(tills.issue(at).body) | {"receivedTime": received}
            made = entry(json.dumps(receipt).encode(), table).document()
            yield made | {"storedAt": utc(received + 0.01 + luck.random() * 0.02)}


def past(hours: dict[str, Figures], luck: random.Random) -> dict[str, dict[str, Figures]]:
    """Eight weeks like the hours of one day, each by its luck, and a day a year ago."""
    days = {}
    for ago in (*range(1, 57), 364):
        level = luck.gauss(1.0, 0.05) * (0.9 if ago == 364 else 1)
        factors = {hour: level * luck.gauss(1.0, 0.04) for hour in hours}
        days[(DAY - timedelta(days=ago)).isoformat()] = {
            hour: Figures(*(round(factors[hour] * each) for each in astuple(figures)))
            for hour, figures in hours.items()
        }
    return days


class Stage:
    """Two days of receipts, and a model that hears of today's second by second."""

    def __init__(self, archive: Callable[[list[Document]], object]) -> None:
        self._archive = archive
        self._shift = MOMENT - time.time()
        self._random = random.Random(20261121)
        tills = Tills(
            chain.build(21, STORES, TILLS), MemoryCounters(), lambda: MOMENT, PARIS, seed=20261121
        )
        before = list(sold(OPENING - WEEK, OPENING - WEEK + OPEN_SECONDS, tills, self._random))
        self._today = list(sold(OPENING, MOMENT + SHOW_SECONDS, tills, self._random))
        self._received = [each["receivedAt"].timestamp() for each in self._today]
        archive(before)
        self._state = ArchiveState(MOMENT - 3600)
        self.model = Model(BusinessDay(PARIS), MOMENT, self._state)
        self.playing = True
        #: Breakdown -> key -> receipts, units, gross, net.
        self._sums: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(_nothing))
        self._number = 0
        self._told = MOMENT - 3600
        self._morning(before)
        self.tell_until(MOMENT)

    def now(self) -> float:
        return time.time() + self._shift

    @property
    def receipt(self) -> str:
        """The key of a receipt of the last minutes that is worth a look."""
        newest = self._today[self._number - 200 : self._number]
        return str(max(newest, key=lambda each: len(each["lines"]))["_id"])

    def tell_until(self, now: float) -> None:
        """Each second up to `now`: what the workers would have said, and a tick."""
        while self._told < now and self.playing:
            self._told += 1
            self._count_until(self._told)
            for snapshot in self._snapshots(self._told):
                self.model.take(snapshot, self._told)
            self._state.answered(self._told, self._told)
            self.model.tick(self._told)

    def _morning(self, before: list[Document]) -> None:
        """What was before the last hour, as a dashboard reads it from the archive."""
        sold: dict[int, tuple[int, int]] = {}
        before_it = (0, 0)
        received: dict[int, Values] = {}
        delays: dict[int, Values] = {}
        for minute in range(int(OPENING), int(self._told) - 60, 60):
            self._count_until(minute + 60)
            slot = minute // 60 * 60
            number, _, gross, _ = self._sums["day"][""]
            sold[slot] = (gross - before_it[0], number - before_it[1])
            before_it = (gross, number)
            received[slot] = (self._rate(minute + 60),)
            found = self._delays(minute)
            delays[slot] = tuple(
                round(1000 * each, 1) for each in (found.p50, found.p95, found.p99)
            )
        hours: dict[str, Figures] = defaultdict(Figures)
        for each in before:
            units = sum(line["unitsMilli"] for line in each["lines"])
            of_one = Figures(1, units, each["grossMinor"], each["netMinor"])
            add(hours[f"{each['date'].astimezone(PARIS):%H}"], of_one)
        self.model.take_history(DAY, sold, received, delays, self._told)
        self.model.take_past(DAY, past(hours, self._random))

    def _count_until(self, at: float) -> None:
        number = bisect_right(self._received, at)
        fresh = self._today[self._number : number]
        self._number = number
        for each in fresh:
            self._count(each)
        if fresh:
            self._archive(fresh)

    def _count(self, each: Document) -> None:
        units = sum(line["unitsMilli"] for line in each["lines"])
        whole = (units, each["grossMinor"], each["netMinor"])
        kind = "returns" if each["grossMinor"] < 0 else "sales"
        hour = f"{each['date'].astimezone(PARIS):%H}"
        for breakdown, key in (
            ("day", ""),
            ("hour", hour),
            ("store", each["store"]),
            ("kind", kind),
        ):
            _add(self._sums[breakdown][key], *whole)
        for line in each["lines"]:
            amounts = (line["unitsMilli"], line["grossMinor"], line["netMinor"])
            _add(self._sums["category"][line["category"]], *amounts)
            _add(self._sums["vat"][f"{line['taxBasisPoints'] / 100:g}"], *amounts)
        for payment in each["payments"]:
            _add(self._sums["tender"][payment["mechanism"]], 0, payment["amountMinor"], 0)
        # The generator's tills are sound: of these marks only the picture tells.
        for mark, share in (("line-gross", 1_900), ("clock-ahead", 4_100)):
            if self._sums["day"][""][0] % share == 0:
                _add(self._sums["mark"][mark], *whole)

    def _rate(self, at: float) -> int:
        return bisect_right(self._received, at) - bisect_right(self._received, at - 60)

    def _snapshots(self, at: float) -> tuple[Snapshot, ...]:
        day, sums = snapshots.DAY, self._sums
        number, units, gross, net = sums["day"][""]
        breakdowns = {
            name: {key: BreakdownFigures(*each) for key, each in keys.items()}
            for name, keys in sums.items()
            if name not in {"day", "category"}
        }
        categories = sorted(sums["category"].items(), key=lambda item: -item[1][2])
        return (
            replace(
                snapshots.count(at, gross, number),
                net_minor=net,
                units_milli=units,
                closed_days=_closed_days(),
                next_offset=number + 1,
                log_offset=number,
            ),
            CategoriesSnapshot(
                day=day,
                zone=PARIS.key,
                currency="EUR",
                categories=tuple(
                    CategoryTotal(name, each[2], decimal_text(each[2]), each[1])
                    for name, each in categories
                ),
                as_of=at,
            ),
            RateSnapshot(self._rate(at), 3.0 + self._random.random(), at, log_offset=number),
            self._delay_snapshot(at),
            BreakdownsSnapshot(day, PARIS.key, "EUR", STORES, breakdowns, at),
            replace(snapshots.tills(at, MOMENT - 1500), heard=STORES * TILLS),
        )

    def _delays(self, at: float) -> DelayFigures:
        p50 = 0.012 + 0.002 * math.sin(at / 400) + self._random.random() * 0.002
        p95 = p50 * 2.4 + self._random.random() * 0.006
        return DelayFigures(p50=p50, p95=p95, p99=p95 * 1.5 + self._random.random() * 0.02)

    def _delay_snapshot(self, at: float) -> DelaySnapshot:
        network = self._delays(at)
        connection = DelayFigures(p50=0.31, p95=0.38 + 0.02 * self._random.random(), p99=0.41)
        return DelaySnapshot(
            connection_delay=connection.p50,
            connection_percentiles=connection,
            network_delay=network.p50,
            network_percentiles=network,
            stored=self._number,
            duplicates=5,
            conflicts=1,
            dead_lettered=0,
            as_of=at,
        )


def _nothing() -> list[int]:
    return [0, 0, 0, 0]


def _add(figures: list[int], units: int, gross: int, net: int) -> None:
    for place, more in enumerate((1, units, gross, net)):
        figures[place] += more


def _closed_days() -> tuple[ClosedDay, ...]:
    return tuple(
        ClosedDay(
            day=(DAY - timedelta(days=ago)).isoformat(),
            sum_minor=14_318_055 - 1_009_377 * (ago % 5),
            count=20_511 - 1_390 * (ago % 5),
            late_sum_minor=1_190 * (ago % 3),
            late_count=2 * (ago % 3),
        )
        for ago in range(1, 8)
    )
