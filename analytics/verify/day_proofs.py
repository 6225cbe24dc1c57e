"""What earlier runs of `verify` have proved: closed days that need not be compared again.

A day that is over was proved when log, ledger and archive agreed on it. What is kept of it are its
counts and sums and the digests of its identities and totals in the ledger. While the ledger still
has just these, only the archive's count and sum are looked at; a late receipt changes them, and
the day is compared in full again.
"""

from collections.abc import Iterable, Mapping, Set
from datetime import date
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from msgspec.structs import astuple

from analytics.counting.folds import WHOLE_DAY
from analytics.ledger.ledger_file import Ledger, Position, Progress
from analytics.verify.written_days import all_around, day_of
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures, add
from tillstream.log.positions import known_as


class DayProof(msgspec.Struct, frozen=True):
    """A day (ordinal) in the ledger: of tills for its identities, of business for its totals.

    `receipts` and `gross_minor` are those of all its currencies: what is compared, and no figure.
    """

    identities: int
    identities_digest: bytes
    totals_digest: bytes
    receipts: int
    gross_minor: int


class ProvedDays(msgspec.Struct):
    """What is known of the days, and of the log that says so."""

    proofs: dict[int, DayProof] = {}
    #: The offset of the first message, in each partition, with a receipt of each day that was ever
    #: read of.
    first_offsets: dict[int, dict[int, int]] = {}
    #: How far each partition of the log was read.
    positions: dict[int, Position] = {}

    def progress(self) -> Progress:
        """How far the log was read, as the ledger says it."""
        return Progress().with_positions(self.positions)

    def unchanged(self, ledger: Ledger) -> set[int]:
        """The days that the ledger has as they were proved."""
        return {day for day, proof in self.proofs.items() if proof == proof_of(ledger, day)}

    def read_from(self, skipped: Set[int]) -> dict[int, int]:
        """By partition the first offset that says anything of days that are not skipped.

        Their receipts may be of a day beside them in another calendar. What was never read of
        begins where the last run ended, and a partition that was not read at its beginning.
        """
        needed = self._needed(skipped)
        found = {number: one.next_offset for number, one in self.positions.items()}
        for day in needed & self.first_offsets.keys():
            for number, offset in self.first_offsets[day].items():
                if number in found:
                    found[number] = max(0, min(offset, found[number]))
        return found

    def unread(self, skipped: Set[int]) -> set[int]:
        """The days of tills that no receipt of a business day which is not skipped is of."""
        return set(skipped) - self._needed(skipped)

    def _needed(self, skipped: Set[int]) -> set[int]:
        return all_around(self.first_offsets.keys() - skipped)

    def noted(
        self,
        first_offsets: Mapping[int, Mapping[int, int]],
        business_days: Iterable[int],
        progress: Progress,
    ) -> None:
        """Remember what a run has read, and the business days of it."""
        for day, offsets in first_offsets.items():
            _note(self.first_offsets.setdefault(day, {}), offsets)
        for day in business_days:
            if day not in self.first_offsets:  # its receipts are dated on the days around it
                near = all_around([day]) & first_offsets.keys()
                found = self.first_offsets[day] = {}
                for each in near:
                    _note(found, first_offsets[each])
                if not near:
                    found.update({number: known_as(number, 0) for number in progress.positions()})
        # A partition of which nothing was read stays where it was: what it is known by, too.
        self.positions |= progress.positions()


def _note(first_offsets: dict[int, int], offsets: Mapping[int, int]) -> None:
    for number, offset in offsets.items():
        first_offsets[number] = min(offset, first_offsets.get(number, offset))


def proof_of(ledger: Ledger, day: int) -> DayProof:
    """A day as the ledger has it now."""
    records = ledger.identities.of_day(day)
    business_day = day_of(day)
    whole, entries = Figures(), []
    for currency in ledger.currencies(business_day):
        totals = ledger.totals(CurrencyDay(business_day, currency))
        add(whole, totals.get(WHOLE_DAY, Figures()))
        of_others = () if currency == CURRENCY else (currency,)
        entries += sorted(
            (*of_others, *entry, *astuple(figures)) for entry, figures in totals.items()
        )
    return DayProof(
        len(records),
        blake2b(records.tobytes(), digest_size=16).digest(),
        blake2b(msgspec.msgpack.encode(entries), digest_size=16).digest(),
        whole.receipts,
        whole.gross_minor,
    )


#: Receipts and gross cents of each business day.
Sums = Mapping[date, tuple[int, int]]


class Changed(NamedTuple):
    """A proved day whose count or sum in the archive is another one."""

    day: date
    expected: tuple[int, int]
    found: tuple[int, int]


def changed_in_archive(
    proved: ProvedDays, skipped: Iterable[int], stored: Sums, moved: Sums
) -> list[Changed]:
    """Of days that are skipped those whose count or sum in the archive is another one.

    That is MongoDB's (`stored`), unless the day may have left it: then it is the file's (`moved`).
    """
    changed = []
    for day in sorted(skipped):
        proof, business_day = proved.proofs[day], day_of(day)
        expected = (proof.receipts, proof.gross_minor)
        found = moved.get(business_day) or stored.get(business_day, (0, 0))
        if expected != found:
            changed.append(Changed(business_day, expected, found))
    return changed


def beyond_retention(days: Iterable[int], kept_since: date | None) -> set[int]:
    """Of these days of tills those of which the retention of files may have removed receipts."""
    if kept_since is None:
        return set()
    first = kept_since.toordinal()
    return {day for day in days if min(all_around([day])) < first}
