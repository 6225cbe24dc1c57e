"""One run: fault after fault on a system under load, each followed by a check of every receipt."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pymongo.errors import PyMongoError

from loadtest.bench.private import System
from loadtest.chaos.deliveries import Deliveries, DeliveriesBook, SignedDelivery
from loadtest.chaos.events_book import EventBodies, EventBody, EventsBook
from loadtest.chaos.events_sender import EventsSender
from loadtest.chaos.history import History, Verdict
from loadtest.chaos.inject import inject
from loadtest.chaos.log_lacking import bring_to_log
from loadtest.chaos.log_lost import bring_log_back
from loadtest.chaos.minutes import differences
from loadtest.chaos.observe import (
    observe,
    observe_deliveries,
    observe_events,
    publish_undecodable,
)
from loadtest.chaos.observe_jobs import observe_marks, observe_runs
from loadtest.chaos.observe_shop import observe_shop
from loadtest.chaos.outage import PATIENCE_SECONDS, Outage, outage
from loadtest.chaos.plan import FULL, SEGMENTS, UNBIND, Fault
from loadtest.chaos.report import LOG_LOST_SECONDS, Proofs, Report, Row
from loadtest.chaos.sender import Sender
from loadtest.chaos.shop_book import ShopBook
from loadtest.chaos.shop_world import ShopBodies, ShopBody
from loadtest.chaos.verifying import verify
from loadtest.chaos.watch import COMPONENTS, Watch
from loadtest.chaos.workload import Workload
from loadtest.waiting import wait_until
from tillstream.clock import utc

#: Load before the first fault and after each heal, seconds.
CALM_SECONDS = 2.0
#: Longest wait for the system to come back: the longest that any fault allows.
HEAL_SECONDS = LOG_LOST_SECONDS
#: How long a broker may take to come back by itself after a full disk, seconds.
RECOVERY_SECONDS = 60.0
#: Longest wait for what is on its way, and then for the archive and the totals, seconds.
PAUSE_SECONDS = 30.0
SETTLE_SECONDS = 45.0
#: A verdict has to hold that long: what comes twice may come late.
STABLE_SECONDS = 1.0

Say = Callable[[str], None]


class Options(NamedTuple):
    """How long and how fast."""

    #: Load of each round at least, seconds.
    seconds: float
    #: Receipts per second.
    rate: float
    seed: int


def run(system: System, faults: Sequence[Fault], options: Options, say: Say) -> Report:
    """Inject every fault, drain, verify. A failure is in the report, not raised."""
    history = History()
    sender = Sender(
        system.entrypoint,
        history,
        Workload(options.seed),
        lambda body: publish_undecodable(system.amqp_url, body),
        ZoneInfo(system.environ["STORE_TIMEZONE"]),
        options.rate,
        time.time,
    )
    books = Books(history, EventsBook(), ShopBook(), DeliveriesBook())
    events = EventsSender(system.entrypoint, books.events, EventBodies(options.seed), time.time)
    world = ShopBodies(options.seed, time.time_ns() // 1_000)
    shop = EventsSender(system.entrypoint, books.shop, world, time.time)
    sold = Deliveries(options.seed, utc(time.time()).date().isoformat())
    deliveries = EventsSender(system.entrypoint, books.deliveries, sold, time.time)
    watching = Watch(system, history, sender, books.events)
    with sender, events, shop, deliveries, watching as watch:
        rounds = Rounds(system, books, (sender, events, shop, deliveries), watch)
        rows = []
        for number, fault in enumerate(faults, 1):
            rows.append(rounds.round(fault, options.seconds))
            say(f"round {number} of {len(faults)}: {rows[-1].told()}")
        # 1. drain and check by ourselves, the dead letters as well
        verdict = rounds.settle(letters=True)
        # 2. let the product check itself
        if any(fault.target == SEGMENTS for fault in faults):
            # The proof of deliveries adds up all that was published.
            bring_log_back(system)
        accepted = len(history.acknowledged), books.events.accepted
        proofs = Proofs(*(verify(system, room) for room in Proofs._fields))
        minutes = len(observe_marks(system.data_dir))
        return Report(
            options.seed,
            rows,
            verdict,
            *accepted,
            proofs,
            books.shop.accepted,
            minutes,
            books.deliveries.accepted,
        )


class Books(NamedTuple):
    """What was sent and promised."""

    receipts: History
    events: EventsBook
    shop: ShopBook
    deliveries: DeliveriesBook


Senders = tuple[
    Sender, EventsSender[EventBody], EventsSender[ShopBody], EventsSender[SignedDelivery]
]


class Rounds:
    """What the rounds of a run share."""

    def __init__(
        self,
        system: System,
        books: Books,
        senders: Senders,
        watch: Watch,
    ) -> None:
        self._system = system
        self._books = books
        self._history = books.receipts
        self._senders = senders
        self._watch = watch
        self._begun = time.time()
        #: When the disk was full, Unix seconds.
        self._full: list[tuple[float, float]] = []
        self._verdict = Verdict()

    def round(self, fault: Fault, seconds: float) -> Row:
        """Load, the fault, the heal, more load; then everything is to be there once."""
        before = len(self._history.acknowledged)
        # 1. load
        started = time.time()
        for sender in self._senders:
            sender.resume()
        time.sleep(CALM_SECONDS)
        # 2. the fault
        injected = time.time()
        lifted = inject(self._system, fault)
        if fault.target == FULL:
            self._full.append((injected, lifted))
            if not self._takes_receipts(lifted):
                bring_log_back(self._system)
                lifted = time.time()
        # 3. the heal: every component is heard again, and has caught up
        time.sleep(2 * PATIENCE_SECONDS)
        wait_until(lambda: self._is_well(injected, lifted), HEAL_SECONDS)
        time.sleep(max(CALM_SECONDS, seconds - (time.time() - started)))
        # A busy machine may be silent for a moment just now: what is dead stays so.
        wait_until(lambda: self._is_well(injected, lifted), HEAL_SECONDS)
        outages = self._outages(injected, lifted)
        # 4. the check
        answered = [sender.pause(PAUSE_SECONDS) for sender in self._senders]
        self._mend(fault)
        earlier, self._verdict = self._verdict, self.settle()
        brought = bring_to_log(self._system, self._verdict, self._history.acknowledged)
        if brought:
            self._verdict = self.settle()
        return Row(
            fault,
            accepted=len(self._history.acknowledged) - before,
            lost=max(self._verdict.lost - earlier.lost, 0),
            double_counted=max(self._verdict.double_counted - earlier.double_counted, 0),
            outages=outages,
            brought=brought,
            problems=[
                *self._verdict.problems(),
                *([] if answered[0] else ["receipts without an answer"]),
                *([] if answered[1] else ["events without an answer"]),
                *([] if answered[2] else ["events of the shop without an answer"]),
                *([] if answered[3] else ["deliveries without an answer"]),
            ],
        )

    def _takes_receipts(self, since: float) -> bool:
        accepted = self._watch.beats["entrypoint"]
        return wait_until(lambda: bool(accepted) and accepted[-1] > since, RECOVERY_SECONDS)

    def _mend(self, fault: Fault) -> None:
        """What an operator does by hand after some faults: docs/chaos.md."""
        if fault.target in (UNBIND, FULL):
            # A full disk can take from the queue what the log has.
            self._system.run("persistence", "refill")
        if fault.target == SEGMENTS:
            # What the lost log held and nobody had counted is in the archive, once it is there.
            wait_until(lambda: not self._missing(), SETTLE_SECONDS)
            self._system.run("analytics", "recount", "--from", "archive")

    def _missing(self) -> bool:
        found = self._check(0.0, letters=False)
        return found is None or bool(found.missing)

    def settle(self, *, letters: bool = False) -> Verdict:
        """The verdict once it holds and goes on holding, or the last one before the deadline."""
        paused, verdict, holds_since = time.time(), Verdict(unread=True), 0.0
        while (now := time.time()) < paused + SETTLE_SECONDS:
            time.sleep(STABLE_SECONDS / 2)
            found = self._check(paused, letters=letters)
            if found is None:
                continue
            verdict = found
            if not verdict.holds():
                holds_since = 0.0
            elif not holds_since:
                holds_since = now
            elif now - holds_since >= STABLE_SECONDS:
                break
        return verdict

    def _check(self, paused: float, *, letters: bool) -> Verdict | None:
        count = self._watch.count
        if count is None or count.as_of < paused:
            return None
        try:
            found = self._history.check(observe(self._system.mongo_url, count, letters=letters))
            events = self._books.events.check(observe_events(self._system.mongo_url))
            shop = self._books.shop.check(observe_shop(self._system.mongo_url))
            sales = self._books.deliveries.check(observe_deliveries(self._system.mongo_url))
            # The history last: what has left a mark was begun in it before.
            marks = observe_marks(self._system.data_dir)
            runs = observe_runs(self._system.mongo_url)
        except PyMongoError:
            return None
        jobs = differences(self._begun, time.time(), runs, marks, self._full)
        return found._replace(events=events, shop=shop, deliveries=sales, jobs=jobs)

    def _outages(self, injected: float, lifted: float) -> dict[str, Outage]:
        now = time.time()
        return {name: outage(self._watch.beats[name], injected, lifted, now) for name in COMPONENTS}

    def _is_well(self, injected: float, lifted: float) -> bool:
        return all(each.back_after is not None for each in self._outages(injected, lifted).values())
