"""Compares what the door accepted, the log, the ledger and the archive, to the cent. Pure."""

from collections.abc import Mapping, Set
from datetime import date
from typing import NamedTuple

import msgspec

from analytics.counting.folds import WHOLE_DAY, by_key
from analytics.ledger.identity_records import keys_beyond
from analytics.ledger.kept_figures import KeptFigures
from analytics.ledger.ledger_file import Ledger
from analytics.verify.archive_comparison import ArchiveComparison
from analytics.verify.archived_alone import ArchivedAlone
from analytics.verify.kept_comparison import compare_kept
from analytics.verify.not_counted import NotCounted
from analytics.verify.recount import Recount
from analytics.verify.written_days import all_around
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import Figures
from tillstream.verify_report import Disagreement

#: Differences that a report names; the counts are of all.
MAX_DIFFERENCES = 100

#: Receipts and gross minor units by (day in its currency, store).
ByStore = Mapping[tuple[CurrencyDay, str], tuple[int, int]]


class Report(msgspec.Struct):
    """What `verify` found."""

    #: Receipts in the log; each was confirmed to the door.
    accepted: int
    #: Distinct receipts of the log that the archive holds, and that the ledger counted.
    stored: int
    counted: int
    #: Receipts of the log that were not counted: seen before, with other content, unreadable.
    duplicates: int
    conflicts: int
    dead_lettered: int
    #: Distinct receipts that the archive or the ledger misses.
    lost: int
    #: Receipts that the ledger has and the log has not.
    double_counted: int
    #: Confirmed by the broker and not answered, by a door that was killed in between.
    unanswered: int
    differences: list[Disagreement]
    #: Receipts of the log that cannot be counted. Those and the unreadable ones are named in
    #: `aside`, at most MAX_DIFFERENCES of them.
    set_aside: int = 0
    aside: list[NotCounted] = []
    #: Receipts that the ledger and the archive have of a log that was lost.
    beyond_log: int = 0
    #: Receipts that the archive has, and neither the log nor the ledger: no figure counts them. In
    #: `alone` at most MAX_DIFFERENCES of them; `alone_days` are the days on which tills dated them.
    archived_alone: int = 0
    alone: list[ArchivedAlone] = []
    alone_days: list[str] = []
    #: Days that an earlier run has proved and that are as they were then, and their receipts, which
    #: are among those accepted, stored and counted.
    proved_days: int = 0
    proved_receipts: int = 0
    #: Days of which the retention of files has removed receipts: they are not compared.
    removed_days: int = 0
    #: Kept figures (documents) that MongoDB does not have yet as the ledger has them: not compared.
    figures_behind: int = 0

    def holds(self) -> bool:
        """Whether all books agree, and nothing that could be read was set aside."""
        wrong = self.lost, self.double_counted, self.differences, self.set_aside
        return not (any(wrong) or self.archived_alone)

    def line(self) -> str:
        """The verdict in one line."""
        return (
            f"accepted {self.accepted}, stored {self.stored}, counted {self.counted},"
            f" duplicates {self.duplicates}, conflicts {self.conflicts},"
            f" dead-lettered {self.dead_lettered}, lost {self.lost},"
            f" double-counted {self.double_counted}"
            + (f", set aside {self.set_aside}" if self.set_aside else "")
            + (f", in the archive alone {self.archived_alone}" if self.archived_alone else "")
            + (f", beyond the log {self.beyond_log}" if self.beyond_log else "")
            + (
                f", proved before {self.proved_receipts} (days {self.proved_days})"
                if self.proved_days
                else ""
            )
            + (
                f", days beyond the retention of files {self.removed_days}"
                if self.removed_days
                else ""
            )
        )


class LedgerComparison(NamedTuple):
    """What the ledger has of the log's receipts."""

    #: Identities that both have, that the ledger misses, and that it has beyond the log.
    counted: int
    lost: int
    double: int
    differences: list[Disagreement]


def compare_ledger(recount: Recount, ledger: Ledger, skipped: Set[int]) -> LedgerComparison:
    """The ledger beside a recount to its offset, a day at a time.

    Of days (ordinals) that are `skipped` the ledger must have what was read of the log. Those whose
    identities the ledger has dropped cannot be compared any more.
    """
    dropped = dropped_days(ledger)
    counted = lost = double = 0
    for day in sorted({*recount.identities.days(), *kept_days(ledger)}):
        ours = recount.identities.of_day(day)
        if day in dropped or (day in skipped and not len(ours)):
            continue
        theirs = ledger.identities.of_day(day)
        missing = len(keys_beyond(ours, theirs))
        lost += missing
        if day not in skipped:
            counted += len(ours) - missing
            double += len(theirs) - (len(ours) - missing)
    differences: list[Disagreement] = []
    surplus = 0
    expected_kept, found_kept = (
        KeptFigures(each.store_days, each.figures_journal) for each in (recount.ledger, ledger)
    )
    beyond_dropped = date.fromordinal(max(all_around(dropped)) + 1) if dropped else date.min
    for business_day in sorted({*recount.ledger.days(), *ledger.days()}):
        if business_day.day < beyond_dropped or business_day.ordinal() in skipped:
            continue
        expected, found = recount.ledger.totals(business_day), ledger.totals(business_day)
        surplus += (found.get(WHOLE_DAY, Figures()).receipts) - (
            expected.get(WHOLE_DAY, Figures()).receipts
        )
        differences += [
            Disagreement(
                f"ledger: {entry[0]} {entry[1]}".rstrip(),
                str(business_day),
                entry[1] if entry[0] == "store" else "",
                str(expected.get(entry, Figures())),
                str(found.get(entry, Figures())),
            )
            for entry in sorted(expected.keys() | found.keys())
            if expected.get(entry) != found.get(entry)
        ]
        differences += compare_kept(expected_kept, found_kept, business_day)
    return LedgerComparison(
        counted, lost or max(0, -surplus), double or max(0, surplus), differences
    )


def days_of(ledger: Ledger) -> set[int]:
    """Every day (ordinal) that it knows anything of."""
    business_days = {day.ordinal() for day in ledger.days()}
    return business_days.union(each.day for each in ledger.identities.days())


def kept_days(ledger: Ledger) -> list[int]:
    """The days (ordinals) of which the ledger has identities."""
    return [each.day for each in ledger.identities.days() if not each.dropped]


def dropped_days(ledger: Ledger) -> set[int]:
    """The days of which it had some."""
    return {each.day for each in ledger.identities.days() if each.dropped}


def of_stores(ledger: Ledger) -> dict[tuple[CurrencyDay, str], tuple[int, int]]:
    """Receipts and gross minor units of a ledger, by (day in its currency, store)."""
    return {
        (day, store): (figures.receipts, figures.gross_minor)
        for day in ledger.days()
        for store, figures in by_key(ledger.totals(day), "store").items()
    }


def compare_archive(
    recount: Recount, archive: ArchiveComparison, skipped: Set[int]
) -> list[Disagreement]:
    """Each day and store whose receipts or cents in the archive are not those of the log.

    `skipped` are days (ordinals) that are not compared.
    Of two conflicting contents both books must have kept the first.
    """
    differences: list[Disagreement] = []
    expected, stored = of_stores(recount.ledger), archive.by_store()
    for where in sorted(expected.keys() | stored.keys()):
        wanted, found = expected.get(where, (0, 0)), stored.get(where, (0, 0))
        if wanted != found and where[0].ordinal() not in skipped:
            differences.append(
                Disagreement(
                    "archive: receipts and cents",
                    str(where[0]),
                    where[1],
                    str(wanted),
                    str(found),
                )
            )
    return differences


def compare_door(
    before: ByStore,
    heard: ByStore,
    after: ByStore,
    lost_duplicates: int = 0,
    skipped: Set[int] = frozenset(),
) -> tuple[int, list[Disagreement]]:
    """The log between two readings of the door's own count: unanswered, and what is missing.

    `before` was read before the log and `after` after it; with no receipts on their way they are
    equal. What the door had accepted before must be in the log. What is in the log beyond
    `after` was confirmed to a door that was killed before it could count it. Of a log that was
    lost the archive has no duplicates: as many receipts as the ledger knows of may be missing.
    `skipped` are days (ordinals) that are not compared.
    """
    unanswered = missing = 0
    differences: list[Disagreement] = []
    for where in sorted(before.keys() | heard.keys() | after.keys()):
        if where[0].ordinal() in skipped:
            continue
        least, found, most = (book.get(where, (0, 0)) for book in (before, heard, after))
        unanswered += max(0, found[0] - most[0])
        missing += max(0, least[0] - found[0])
        if found[0] < least[0] or (least == most and least[0] == found[0] and least != found):
            differences.append(
                Disagreement(
                    "door: accepted and in the log",
                    str(where[0]),
                    where[1],
                    str(least),
                    str(found),
                )
            )
    if 0 < missing <= lost_duplicates:
        differences = []
    return unanswered, differences
