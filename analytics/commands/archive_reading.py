"""Reads the archive for `verify`: it may be a little behind the log."""

import threading

from analytics.commands.waiting import wait_until
from analytics.ledger.ledger_file import Ledger
from analytics.settings import VerifySettings
from analytics.verify.archive import open_archive
from analytics.verify.archive_comparison import ArchiveComparison
from analytics.verify.day_proofs import ProvedDays, changed_in_archive
from analytics.verify.parquet_days import ParquetDays
from tillstream.verify_report import Disagreement


def read_archive(
    settings: VerifySettings,
    stored: ArchiveComparison,
    known: ProvedDays,
    skipped: set[int],
    stop: threading.Event,
    wait_seconds: float,
) -> list[Disagreement]:
    """The archive once it misses nothing of the log, or as it is at the deadline.

    Returns the days that are skipped and have another count or sum there than when they were
    proved. Of those that the ledger has changed meanwhile nobody can say: they are left to the
    next run, and are not `skipped` but not compared.
    """
    with open_archive(settings) as archive:
        stored.read(archive)

        def misses_nothing() -> bool:
            if stored.missing:
                stored.read_again(archive)
                stored.read_files(ParquetDays(settings.files_url()))
            return not stored.missing

        wait_until(misses_nothing, wait_seconds, stop)
        if not skipped:
            return []
        stored_sums = archive.sums()
    moved_sums = ParquetDays(settings.files_url()).sums()
    changed = changed_in_archive(known, skipped, stored_sums, moved_sums)
    with Ledger(settings.ledger_path(), create=False) as now:
        for day in skipped - known.unchanged(now):
            del known.proofs[day]
            skipped.remove(day)
    return [
        Disagreement(
            "archive: a day that was proved",
            each.day.isoformat(),
            "",
            str(each.expected),
            str(each.found),
        )
        for each in changed
        if each.day.toordinal() in skipped
    ]
