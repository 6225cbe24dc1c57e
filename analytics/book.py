"""The book in memory: one batch after the other is counted into it, each receipt once."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import structlog

from analytics.columns import Columns
from analytics.folds import Sums, Totals, add, summed
from analytics.tills import Till, Tills
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.identity import anonymous_content
from tillstream.stream import LogMessage

log = structlog.get_logger()

#: Keeps identities (keys, contents, days seen), in their order. For each: None when it is new, else
#: the content that its key was first seen with.
AddIdentities = Callable[[list[bytes], list[bytes], list[int]], Sequence[bytes | None]]
#: Totals of a day so far; the book adds to them.
TotalsOf = Callable[[date], Totals]
#: Keeps a conflicting receipt: offset, key, the receipt as it came.
AddConflict = Callable[[int, bytes, bytes], None]


class Book:
    """Counts; whoever owns it decides what it stands on and when that is durable."""

    def __init__(
        self,
        tills: Tills,
        totals_of: TotalsOf,
        add_identities: AddIdentities,
        add_conflict: AddConflict,
    ) -> None:
        self._totals_of = totals_of
        self._add_identities = add_identities
        self._add_conflict = add_conflict
        self.tills = tills
        self.duplicates = 0
        self.conflicts = 0
        self.undecodable = 0
        #: Receipts that decode, and their gross in cents, by day and store, before identities are
        #: looked at; kept where somebody wants it.
        self.heard: dict[tuple[date, str], tuple[int, int]] | None = None
        #: What changed since the owner last cleared it.
        self.changed_entries: dict[date, set[tuple[str, str]]] = defaultdict(set)
        self.changed_tills: set[tuple[str, str]] = set()

    def count(
        self, messages: Sequence[LogMessage], columns: Columns, sums: Sums | None = None
    ) -> None:
        """Every receipt of a batch, given as columns as well; `sums` are those of all of them.

        What does not decode is left out, loudly: the persistence worker keeps the same bytes in
        the dead letters.
        """
        for index, reason in columns.undecodable:
            self.undecodable += 1
            log.error(
                "undecodable receipt, not counted", offset=messages[index].offset, reason=reason
            )
        if self.heard is not None:
            self._note_heard(sums or summed(columns))
        first = self._add_identities(columns.keys, columns.contents, columns.seen_days.tolist())
        if first.count(None) < len(first):
            self._repeated(messages, columns, first)
            columns = columns.only(np.array([content is None for content in first], np.bool_))
            sums = None
        add(self._totals_of, sums or summed(columns), self.changed_entries)
        self._hear(columns, first)

    def _repeated(
        self, messages: Sequence[LogMessage], columns: Columns, first: Sequence[bytes | None]
    ) -> None:
        for index, content in enumerate(first):
            if content is None:
                continue
            if content == columns.contents[index]:
                self.duplicates += 1
                continue
            message = messages[columns.messages[index]]
            body = receipt_bodies(*message[1:])[columns.places[index]]
            if content == anonymous_content(decode_receipt(body)):
                # A recount from the archive met it after its customer was erased.
                self.duplicates += 1
                continue
            self.conflicts += 1
            self._add_conflict(message.offset, columns.keys[index], body)
            store, till = columns.tills.values[columns.tills.codes[index]]
            log.warning(
                "conflict: an identity came again with other content",
                store=store,
                till=till,
                number=columns.numbers[index],
            )

    def _hear(self, columns: Columns, first: Sequence[bytes | None]) -> None:
        """The tills of what is new, in the order of the log."""
        names, codes = columns.tills
        heard: list[Till | None] = [None] * len(names)
        for code, number, sold, received, content in zip(
            codes.tolist(),
            columns.numbers,
            columns.sold.tolist(),
            columns.received.tolist(),
            first,
            strict=True,
        ):
            if content is None:
                till = heard[code]
                if till is None:
                    till = heard[code] = self._till(names[code])
                till.hear(number, sold, received)

    def _till(self, name: tuple[str, str]) -> Till:
        self.changed_tills.add(name)
        till = self.tills.get(name)
        if till is None:
            till = self.tills[name] = Till(*name)
        return till

    def _note_heard(self, sums: Sums) -> None:
        assert self.heard is not None  # noqa: S101 - for the type checker
        for (day, breakdown, store), (receipts, _, gross, _) in sums.items():
            if breakdown == "store":
                count, cents = self.heard.get((day, store), (0, 0))
                self.heard[day, store] = (count + receipts, cents + gross)
