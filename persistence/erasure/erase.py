"""Erases a customer, and leaves a record that proves that every total is as it was.

The critical sequence:

1. mark: the customer's digest is kept; what was received before now is stored without the
   customer from here on, whoever brings it;
2. settle: the writes that were under way end, before anything is looked for;
3. sum: the totals of every store on every day that names the customer, into the record;
4. erase: receipts, conflicts, dead letters; what would change more than the customer is refused;
5. rewrite: every Parquet day that names the customer, with the sums of each store as they were;
6. prove: the totals of 3 again; the record is closed with both.

Interrupted anywhere, the record stays `running`: the next run goes on with it, and with its
totals of 3. Receipts that are received after 1 are new business and are kept.
"""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.database import Database

from persistence.erasure.audit import Record, proof
from persistence.erasure.files import erase_from_files
from persistence.erasure.mongo import Collections, TotalsDifferError
from persistence.parquet.writing import Writing
from persistence.writer.erasures import Erasures
from tillstream.archive import Document
from tillstream.clock import Clock, utc
from tillstream.log.reader import StoppedError

#: As they are numbered above.
STEPS = 6
#: Longer than one attempt of a writer to store a batch that it has already anonymised.
SETTLE_SECONDS = 6.0


class Erased(NamedTuple):
    """What an erasure did, over all its runs."""

    record: ObjectId
    #: Number of receipts, conflicts and deadLetters.
    erased: dict[str, int]
    #: Whose Parquet files were written again.
    days: list[str]
    #: Of the days that named the customer: as it was before and is now.
    totals: dict[str, Any]


class Eraser:
    """What an erasure needs; it holds the lease of the Parquet files all the while."""

    def __init__(
        self,
        database: Database[Document],
        writing: Writing,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        self._database = database
        self._writing = writing
        self._clock = clock
        self._stop = stop

    def erase(self, customer: str, after_step: Callable[[], object] = lambda: None) -> Erased:
        """Erase a customer, with a call after each step.

        Raises TotalsDifferError, DayDiffersError and StoppedError.
        """
        erasures = Erasures(self._database)
        # 1. mark
        record = Record(self._database, erasures.digest(customer), utc(self._clock()))
        erasures.add(erasures.digest(customer), record.started_at)
        after_step()
        # 2. settle
        settled = record.started_at.timestamp() + SETTLE_SECONDS
        if self._stop.wait(max(0.0, settled - self._clock())):
            raise StoppedError("stopped; run it again to go on")
        after_step()
        # 3. sum
        collections = Collections(self._database, customer, record, self._go_on)
        if record.before is None:
            days = collections.days()
            record.keep_before(proof(days, collections.by_store(days)))
        after_step()
        # 4. erase
        collections.erase_receipts()
        collections.erase_conflicts()
        collections.erase_dead_letters()
        after_step()
        # 5. rewrite
        erase_from_files(self._writing, customer, record, self._go_on)
        after_step()
        # 6. prove
        before = record.before or {}
        after = proof(before, collections.by_store(before))
        same = after == before
        erased = collections.erased(before)
        record.close("done" if same else "failed", erased, after, utc(self._clock()))
        if not same:
            wrong = ", ".join(day for day in before if before[day] != after[day])
            raise TotalsDifferError(
                f"the totals of {wrong} are not as they were: record {record.id} of the"
                " collection audit has both; was something else deleted meanwhile?"
            )
        return Erased(record.id, erased, record.days(), after)

    def _go_on(self) -> None:
        self._writing.lease.renew()
        if self._stop.is_set():
            raise StoppedError("stopped; run it again to go on")
