"""Attribution beside the windows, on a log that is a list: killed and undone anywhere, exact."""

import random
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from events.outbox.attributions import Attributions
from events.windows.event_counter import EventCounter
from events.windows.state_file import State
from tests.support import clicks_world as shop
from tests.support.kept_events import SetClock
from tests.support.shop_events import SECOND
from tillstream.log.reader import LogMessage
from tillstream.streams.message import Packed, decode


class KilledError(Exception):
    """The worker ends here."""


class Worker:
    """As the events worker counts, publishes and goes on; its log is a list."""

    def __init__(self, path: Path) -> None:
        self.log: list[LogMessage] = []
        self.clock = SetClock()
        self.killed_at = 0
        self._path = path
        self.definitions = shop.DEFINITIONS
        self.start()

    def start(self) -> None:
        """A process begins; what another one had in memory is gone."""
        self.state = State(self._path)
        self.attributions = Attributions(self.state, self.definitions, self.clock, has_sink=False)
        self.counter = EventCounter(
            self.state,
            self.definitions,
            self.clock,
            step=self._step,
            attributing=self.attributions,
        )
        self.connect()

    def connect(self) -> None:
        """A session begins: from where the log is read."""
        positions = [self.counter.progress.next_offset or 0, self.attributions.read_from()]
        self.position = min(one for one in positions if one is not None)

    def restart(self) -> None:
        """It is killed."""
        self.state.close()
        self.start()

    def send(self, packed: Packed) -> None:
        """A message more in the log; offsets have holes."""
        self.log.append(LogMessage(3 * len(self.log), *packed))

    def take(self, most: int = 1_000) -> bool:
        """Count what is next; whether there was anything."""
        some = [one for one in self.log if one.offset >= self.position][:most]
        if some:
            received = max(decode(*one[1:4]).received_us for one in some)
            self.clock.now = max(self.clock.now, received / SECOND)
            self.counter.count(some)
            self.position = some[-1].offset + 1
        return bool(some)

    def publish(self, most: int = 1_000) -> None:
        """Send what did not come back; whatever was sent before."""
        for kept in self.attributions.outbox.unpublished(0, most):
            self.send(kept.packed)

    def end(self, seconds: float = 3_600) -> None:
        """Everything is read, and the clock goes on until all is final."""
        while self.take():
            self.publish()
        self.clock.now += seconds
        self.counter.tick(None, caught_up=True)
        self.publish()
        while self.take():
            pass

    def _step(self, number: int) -> None:
        if number == self.killed_at:
            self.killed_at = 0
            raise KilledError


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    worker = Worker(tmp_path / "state.sqlite3")
    worker.clock.now = shop.NOON / SECOND - 3_600
    return worker


def test_rows_and_windows_are_exact_whatever_is_killed_undone_or_published_again(
    worker: Worker,
) -> None:
    chance = random.Random(3)
    seen = shop.world(3)
    kills = 0
    for packed in shop.messages_of(seen):
        worker.send(packed)
        if chance.random() < 0.25:
            worker.killed_at = chance.choice([0, 2, 3, 4, 5, 6])
            try:
                while worker.take(chance.randrange(1, 4)):
                    pass
            except KilledError:
                kills += 1
                # The connection is lost, or the process.
                chance.choice([worker.connect, worker.restart])()
            if chance.random() < 0.1:
                worker.restart()
            if chance.random() < 0.5:
                worker.publish(chance.randrange(1, 4))
    worker.killed_at = 0
    worker.end()
    checkouts = shop.expected(seen)
    rows = shop.rows_of(worker.log)
    figures = worker.attributions.running["checkouts"].attributor.figures

    assert kills > 3
    assert checkouts == shop.newest(rows)
    assert shop.by_source(checkouts.values()) == shop.counted_by_source(worker.state)
    assert dict.fromkeys(checkouts, 1) == dict(signs(rows))
    assert (0, len(checkouts), 0, 0) == (
        figures.open,
        figures.final,
        figures.late_touches,
        figures.late_conversions,
    )
    assert [] == worker.attributions.outbox.unpublished(0, 1)


def signs(rows: list[shop.Event]) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows:
        found[row["purchase_id"]] += row["sign"]
    return found


def test_another_definition_takes_nothing_back_that_the_one_before_has_published(
    worker: Worker,
) -> None:
    worker.send(shop.sent("purchases", [shop.purchase(1, "ann", shop.NOON)], shop.NOON))
    while worker.take():
        worker.publish()
    checkouts = shop.DEFINITIONS.streams["checkouts"]
    fields = [
        replace(field, sql="quantity + 1") if field.name == "quantity" else field
        for field in checkouts.fields
    ]
    changed = replace(checkouts, fields=tuple(fields))
    streams = {**shop.DEFINITIONS.streams, "checkouts": changed}
    worker.definitions = replace(shop.DEFINITIONS, streams=streams)
    worker.restart()
    click = shop.click(1, "ann", shop.NOON - shop.MINUTE, "Google Ads")
    worker.send(shop.sent("clicks", [click], shop.NOON))
    worker.send(shop.sent("products", [shop.product(0)], shop.NOON))
    worker.end()
    rows = shop.rows_of(worker.log)

    assert [(1, None, "products")] == [(row["sign"], row["source"], row["missing"]) for row in rows]
