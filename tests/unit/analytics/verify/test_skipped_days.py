"""A day that was proved before is not compared, and loses nothing that the log has of it."""

from datetime import date
from pathlib import Path

from analytics.ledger.ledger_file import Ledger, Position, Progress
from analytics.verify.comparison import compare_ledger
from analytics.verify.day_proofs import ProvedDays
from tests.support.ledgers import recount_in_memory
from tillstream.identity import digest_of_key
from tillstream.log.positions import known_as

DAY = date(2026, 11, 3)


def key(number: int) -> bytes:
    return digest_of_key(f"{DAY} 08:00:00/1/1/{number}")


def test_a_late_receipt_of_a_skipped_day_that_the_ledger_misses_is_lost() -> None:
    recount = recount_in_memory()
    recount.identities.add([key(2), key(3)], [bytes(8)] * 2, [DAY.toordinal()] * 2)
    with Ledger(Path(":memory:")) as ledger:
        ledger.identities.add([key(1), key(2)], [bytes(8)] * 2, [DAY.toordinal()] * 2)
        found = compare_ledger(recount, ledger, {DAY.toordinal()})

    # What was before the part of the log that was read is no surplus.
    assert (0, 1, 0) == (found.counted, found.lost, found.double)


def test_a_run_that_read_nothing_of_a_partition_keeps_by_what_its_log_is_known() -> None:
    known = ProvedDays()
    known.noted(
        {}, [], Progress().with_positions({0: Position(7, b"7"), 1: Position(known_as(1, 9), b"9")})
    )

    known.noted({}, [], Progress().with_positions({1: Position(known_as(1, 12), b"12")}))

    assert {
        0: Position(7, b"7"),
        1: Position(known_as(1, 12), b"12"),
    } == known.progress().positions()
