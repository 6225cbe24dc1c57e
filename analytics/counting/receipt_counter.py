"""Counts batches of receipts, each receipt once: duplicates, conflicts, totals, tills."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import structlog

from analytics.counting.batch_sums import BatchSums, batch_sums
from analytics.counting.columns import Columns
from analytics.counting.figure_sums import FigureSums
from analytics.counting.folds import Sums, Totals, add
from analytics.counting.isolation import SetAside, largest, set_aside
from analytics.counting.tills import Till, Tills
from tillstream.codec import decode_receipt, receipt_bodies
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.errors import UndecodableMessageError
from tillstream.identity import anonymous_content
from tillstream.log.reader import LogMessage
from tillstream.single_receipts import SingleReceipt

log = structlog.get_logger()

#: Keeps identities (keys, contents, days seen), in their order. For each: None when it is new, else
#: the content that its key was first seen with, FORGOTTEN where nobody knows that any more.
AddIdentities = Callable[[list[bytes], list[bytes], list[int]], Sequence[bytes | None]]
#: Totals of a day so far; the counter adds to them.
TotalsOf = Callable[[CurrencyDay], Totals]
#: Keeps a conflicting receipt: offset, key, the receipt as it came.
#: Whether it was not kept yet.
AddConflict = Callable[[int, bytes, bytes], bool]
#: Keeps a receipt that is not counted. Whether it was not kept yet.
AddAside = Callable[[SetAside], bool]


class StoreDaysKept(Protocol):
    """The figures of days and stores that the counter adds to."""

    def has_room(self, sums: FigureSums, most: int, limit: int) -> bool:
        """Whether no figure can exceed `limit`; `most` is what the sums come to without signs."""

    def add(self, sums: FigureSums, most: int) -> None:
        """Add the sums of a batch."""


#: Stands for the content of an identity of a day whose identities were dropped.
FORGOTTEN = b""
#: What a figure of the ledger may come to.
MAX_FIGURE = 2**63 - 1
#: So many of the newest receipts say by their majority which day the log has come to.
RECENT = 999


_TOO_LATE = (
    "it came for a day so long over that the identities of its receipts were dropped"
    " (IDENTITY_DAYS): whether it was counted before is not known"
)


class FigureFullError(OverflowError):
    """A figure would exceed what the ledger can keep; nothing was counted."""


class ReceiptCounter:
    """Counts; whoever owns it decides what it stands on and when that is durable."""

    def __init__(
        self,
        tills: Tills,
        totals_of: TotalsOf,
        figures: StoreDaysKept,
        add_identities: AddIdentities,
        add_conflict: AddConflict,
        add_aside: AddAside,
    ) -> None:
        self._totals_of = totals_of
        self._figures = figures
        self._add_identities = add_identities
        self._add_conflict = add_conflict
        self._add_aside = add_aside
        self.tills = tills
        #: Whether this was read before: what is known then is no duplicate.
        self.again = False
        self.duplicates = 0
        self.conflicts = 0
        self.undecodable = 0
        self.set_aside = 0
        #: Days, as ordinals, on which the door got the newest receipts.
        self.recent_days: deque[int] = deque(maxlen=RECENT)
        #: Receipts that decode, and their gross in cents, by day and store, before identities are
        #: looked at; kept where somebody wants it.
        self.heard: dict[tuple[CurrencyDay, str], tuple[int, int]] | None = None
        #: What changed since the owner last cleared it.
        self.changed_entries: dict[CurrencyDay, set[tuple[str, str]]] = defaultdict(set)
        self.changed_tills: set[tuple[str, str]] = set()

    def count(
        self,
        messages: Sequence[LogMessage],
        columns: Columns,
        sums: BatchSums | None = None,
        aside: Sequence[SetAside] = (),
    ) -> None:
        """Every receipt of a batch, given as columns as well; `sums` are those of all of them.

        What is aside is kept with its reason, loudly. Raises FigureFullError before anything is
        counted.
        """
        sums = sums or batch_sums(columns)
        self._require_room(columns, sums)
        for one in aside:
            self.put_aside(one)
        if self.heard is not None:
            self._note_heard(sums.totals)
        first = self._add_identities(columns.keys, columns.contents, columns.seen_days.tolist())
        if first.count(None) < len(first):
            self._repeated(messages, columns, first)
            columns = columns.only(np.array([content is None for content in first], np.bool_))
            sums = batch_sums(columns)
        add(self._totals_of, sums.totals, self.changed_entries)
        self._figures.add(sums.figures, _most(columns))
        self._hear(columns, first)
        self.recent_days.extend(columns.seen_days[-RECENT:].tolist())

    def put_aside(self, one: SetAside) -> None:
        """Keep a receipt that is not counted."""
        if not self._add_aside(one):
            return
        if one.undecodable:
            self.undecodable += 1
        else:
            self.set_aside += 1
        log.error(
            "undecodable receipt, not counted" if one.undecodable else "receipt set aside",
            offset=one.offset,
            place=one.place,
            key=one.key,
            reason=one.reason,
        )

    def _require_room(self, columns: Columns, sums: BatchSums) -> None:
        # By amounts without their signs: a batch fits only if each of its receipts does in turn,
        # so that it does not matter where one batch ends and the next begins.
        most = _most(columns)
        for day, name, key in sums.totals:
            figures = self._totals_of(day).get((name, key))
            so_far = 0 if figures is None else _largest(figures)
            if so_far + most > MAX_FIGURE:
                raise FigureFullError(f"{name} {key} of {day} is too large for one more receipt")
        if not self._figures.has_room(sums.figures, most, MAX_FIGURE):
            raise FigureFullError("the figures of a store's day are too large for one more receipt")

    def _repeated(
        self, messages: Sequence[LogMessage], columns: Columns, first: Sequence[bytes | None]
    ) -> None:
        for index, content in enumerate(first):
            if content is None:
                continue
            if content == columns.contents[index]:
                self.duplicates += not self.again
                continue
            message = messages[columns.messages[index]]
            place = int(columns.places[index])
            body = receipt_bodies(*message[1:4])[place]
            if content == FORGOTTEN:
                self.put_aside(
                    set_aside(SingleReceipt(message._replace(body=body), place), _TOO_LATE)
                )
                continue
            if content == _anonymous(body):
                # A recount from the archive met it after its customer was erased.
                self.duplicates += not self.again
                continue
            if not self._add_conflict(message.offset, columns.keys[index], body):
                continue
            self.conflicts += 1
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


def _most(columns: Columns) -> int:
    """What the amounts of a batch come to without their signs, at most."""
    return max(len(table.fact) * largest(table) for table in columns.tables.values())


def _largest(figures: Figures) -> int:
    return max(
        abs(figures.receipts),
        abs(figures.units_milli),
        abs(figures.gross_minor),
        abs(figures.net_minor),
    )


def _anonymous(body: bytes) -> bytes | None:
    """The content of a receipt once its customer is erased; None where it cannot be told."""
    try:
        return anonymous_content(decode_receipt(body))
    except UndecodableMessageError:
        return None
