"""Counts the log of the receipts into windows, each receipt once.

The critical sequence, for what the log gives at a time:

1. begin a transaction of the state;
2. decode the receipts; what does not decode is set aside, with its offset, place and reason;
3. by their identities, as the ledger does: the first in the log counts, the same content again is a
   duplicate, another content a conflict; one of a day whose identities were dropped is set aside;
4. the new ones become rows of the three streams, and are counted into the windows; a row that
   cannot be counted is found and set aside alone;
5. move the watermarks on, by the clock of this log;
6. write the offset to go on from; commit: rows, identities, watermarks and offset become durable
   together, or not at all.

Killed before the commit, the messages are read again and nothing of them was kept; after it, they
are not read again.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import structlog

from events.receipts.log_clock import LogClock
from events.receipts.receipt_identities import FORGOTTEN, ReceiptIdentities
from events.receipts.receipt_tables import Flags, ReceiptTables
from events.receipts.receipts_state import ReceiptsProgress, ReceiptsState
from events.windows import isolation
from events.windows.arrivals import Step, no_step
from events.windows.figures import Aside
from events.windows.window_counting import WindowCounting
from tillstream import bisection
from tillstream.calendars import described
from tillstream.clock import Clock
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.errors import UndecodableMessageError
from tillstream.identity import anonymous_content
from tillstream.log.log_days import DaysOfLog, unix_day
from tillstream.log.positions import Offsets, partition_of
from tillstream.log.reader import LogMessage
from tillstream.single_receipts import SingleReceipt, single_receipts
from tillstream.stores import StoreTable
from tillstream.streams.definition import MICROSECONDS
from tillstream.streams.names import LOG_OFFSET, LOG_ROW, RECEIVED
from tillstream.streams.receipt_streams import RECEIPTS

log = structlog.get_logger()

REASON_CHARACTERS = 500
CALENDAR = "the calendar of the stores has changed: run `tillstream recount --streams`"
TOO_LATE = (
    "it came for a day so long over that the identities of its receipts were dropped"
    " (IDENTITY_DAYS): whether it was counted before is not known"
)
_NO_TIME = "the time of receipt is in no year from 1970 to 9999"
_TOO_OLD = "it is dated before 1970"


class ReceiptsCounter:
    """The only one that counts this log into a state."""

    def __init__(
        self,
        counting: WindowCounting,
        stores: StoreTable,
        clock: Clock,
        *,
        identity_days: int = 400,
        step: Step = no_step,
    ) -> None:
        self.counting = counting
        self._stores = stores
        self._clock = clock
        self._identity_days = identity_days
        self._step = step
        self._streams = counting.definitions.receipts
        self._kept = ReceiptsState(counting.state.database)
        self._identities = ReceiptIdentities(counting.state.database)
        self.log_clock = LogClock()
        counting.state.begin()
        self._kept.make()
        self.progress: ReceiptsProgress = self._kept.progress()
        calendar = described(stores)
        self.progress.calendar = self.progress.calendar or calendar
        if self.progress.calendar != calendar:
            counting.make_stale(self._streams, CALENDAR)
        self._kept.write_progress(self.progress)
        counting.state.commit()

    def begin_at(self, firsts: Offsets, *, replaced: bool = False, stale: str = "") -> None:
        """Count the log from these offsets, of one that was `replaced` each receipt once.

        `stale` says why its windows are not counted any more.
        """
        self.counting.state.begin()
        self.progress.begin_at(firsts)
        self.progress.log_number += replaced
        if stale:
            self.counting.make_stale(self._streams, stale)
        self._kept.write_progress(self.progress)
        self.counting.state.commit()

    def count(self, messages: Sequence[LogMessage]) -> None:
        """The sequence for some messages; of those that were counted already nothing is.

        Raises what no receipt is to blame for; then nothing has changed.
        """
        starts = self.progress.starts()
        fresh = [one for one in messages if one.offset >= starts.get(partition_of(one.offset), 0)]
        if not fresh:
            return
        state = self.counting.state
        try:
            self._step(1)
            state.begin()
            try:
                with state.all_or_nothing():
                    self._count(fresh)
            except Exception as error:  # noqa: BLE001 - whatever a receipt raises is of it
                isolation.require_events_fault(error)
                self._load()
                self._count_isolated(fresh)
            self._step(5)
            self.counting.reach(self._streams, self.progress.log_clock_us)
            self._drop_identities()
            self.progress.passed(fresh)
            self._write()
            self._step(6)
            state.commit()
        except BaseException:
            self.counting.forget()
            self.progress = self._kept.progress()
            raise

    def tick(self, *, caught_up: bool) -> bool:
        """Go on with the clock while nothing comes: rows become final. Returns whether any did."""
        clock_us = self.progress.log_clock_us
        if caught_up:
            clock_us = max(clock_us, int(self._clock() * MICROSECONDS))
        if not self.counting.is_due(self._streams, clock_us):
            return False
        try:
            self.counting.state.begin()
            self.counting.reach(self._streams, clock_us)
            self.counting.write()
            self.counting.state.commit()
        except BaseException:
            self.counting.forget()
            raise
        return True

    def _count(self, messages: Sequence[LogMessage], places: Sequence[int] | None = None) -> None:
        self._step(2)
        tables = ReceiptTables(messages, self._stores, places)
        for one in tables.undecodable:
            place = one.place if places is None else places[one.message]
            self._put_aside(messages[one.message].offset, place, one.reason)
        if not len(tables):
            return
        self._step(3)
        new = self._new(messages, tables)
        self._step(4)
        self._count_rows(tables, new)
        self.log_clock.hear_days(tables.seen_days)

    def _new(self, messages: Sequence[LogMessage], tables: ReceiptTables) -> Flags:
        """Which receipts count; the others are noted."""
        new = tables.in_time.copy()
        for index in np.flatnonzero(~new).tolist():
            self._put_aside(*_place(messages, tables, index), _NO_TIME)
        keys, contents, seen = tables.keys(), tables.contents(), tables.seen_days.tolist()
        asked = np.flatnonzero(new).tolist()
        first = self._identities.add(
            [keys[index] for index in asked],
            [contents[index] for index in asked],
            [seen[index] for index in asked],
        )
        for index, content in zip(asked, first, strict=True):
            if content is not None:
                new[index] = False
                self._repeated(messages, tables, index, content, contents[index])
        for index in np.flatnonzero(new & (tables.event_time < 0)).tolist():
            new[index] = False
            self._put_aside(*_place(messages, tables, index), _TOO_OLD)
        return new

    def _repeated(
        self,
        messages: Sequence[LogMessage],
        tables: ReceiptTables,
        index: int,
        before: bytes,
        content: bytes,
    ) -> None:
        heard = self.counting.streams[RECEIPTS]
        offset, place = _place(messages, tables, index)
        if before == FORGOTTEN:
            self._put_aside(offset, place, TOO_LATE)
        elif before == content or before == _anonymous(messages, tables, index):
            heard.duplicates += 1
        else:
            self.progress.conflicts += 1
            log.warning(
                "conflict: an identity came again with other content", offset=offset, place=place
            )

    def _count_rows(self, tables: ReceiptTables, new: Flags) -> None:
        counting = self.counting
        now_us = int(self._clock() * MICROSECONDS)
        # Of a clock that is ahead no more than the present is believed.
        received_us = min(int(tables.received.max()), now_us)
        clock_us = self.log_clock.after(tables, received_us)
        self.progress.log_clock_us = max(self.progress.log_clock_us, clock_us)
        greatest = int(tables.event_time[new].max()) if new.any() else 0
        for name in self._streams:
            counting.heard.note(name, received_us, tables.rows(name, new), greatest)
            if not new.any():
                continue
            wanted = set(counting.wanted[name])

            def events(
                *,
                with_received: bool,
                with_places: bool,
                name: str = name,
                wanted: set[str] = wanted,
            ) -> pa.Table:
                names = {RECEIVED} if with_received else set()
                names |= {LOG_OFFSET, LOG_ROW} if with_places else set()
                return tables.table(name, wanted | names, new)

            counting.count(name, events, self._keep_aside)

    def _count_isolated(self, messages: Sequence[LogMessage]) -> None:
        """Steps 2 to 4 where something raised: what cannot be counted alone is set aside."""

        def attempt(some: list[SingleReceipt]) -> None:
            try:
                with self.counting.state.all_or_nothing():
                    self._count([one.message for one in some], [one.place for one in some])
                    self._write()
            except Exception:
                self._load()
                raise

        singles = single_receipts(messages)
        for [single], error in bisection.isolate(singles, attempt, isolation.require_events_fault):
            reason = f"{type(error).__name__}: {error}"
            self._put_aside(single.message.offset, single.place, reason)
            self._write()

    def _drop_identities(self) -> None:
        """By the days that the log has seen: a clock that is ahead drops nothing."""
        seen = self.log_clock.day()
        if seen is None:
            return
        before = DaysOfLog(self.progress.log_day, self.progress.log_day_seen)
        seen = min(seen, unix_day(self._clock()))
        if seen == before.seen:
            return
        after = before.advanced(seen)
        self.progress.log_day, self.progress.log_day_seen = after.day, seen
        dropped = self._identities.drop(after.certain() - self._identity_days)
        if dropped:
            log.info("identities of receipts forgotten", days=dropped)

    def _put_aside(self, offset: int, place: int, reason: str) -> None:
        # Not the receipt: the log has it, and nobody would find a customer here.
        one = Aside(offset, place, RECEIPTS, reason[:REASON_CHARACTERS], "")
        self.counting.put_aside([one], self._keep_aside)

    def _keep_aside(self, some: Sequence[Aside]) -> None:
        for one in some:
            self._kept.put_aside(self.progress.log_number, one)

    def _write(self) -> None:
        self._kept.write_progress(self.progress)
        self.counting.write()

    def _load(self) -> None:
        self.counting.load()
        self.progress = self._kept.progress()


def _place(messages: Sequence[LogMessage], tables: ReceiptTables, index: int) -> tuple[int, int]:
    """Where a receipt stands: the offset of its message, and its place in it."""
    return messages[tables.messages[index]].offset, int(tables.places[index])


def _anonymous(messages: Sequence[LogMessage], tables: ReceiptTables, index: int) -> bytes | None:
    """The content of a receipt once its customer is erased; None where it cannot be told."""
    message = messages[tables.messages[index]]
    bodies = receipt_bodies(*message[1:4])
    # One that was isolated is alone in its message.
    body = bodies[0] if len(bodies) == 1 else bodies[int(tables.places[index])]
    try:
        return anonymous_content(decode_receipt(body))
    except UndecodableMessageError:
        return None
