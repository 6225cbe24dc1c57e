"""What became of each purchase is one row of SQL, before the archive's minute is over and after."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn

import pytest

from events.archive.writer import ArchiveWriter
from persistence.parquet.source import Source
from tests.support.filled_archive import Kept
from tests.support.kept_events import EventsKept
from tests.support.made_checkouts import ATTRIBUTION, TIME, archive, checkout, credit, store

ASKED = "SELECT purchase_id, click_id, source FROM checkouts ORDER BY purchase_id"


@pytest.fixture
def writer(kept: Kept) -> Iterator[ArchiveWriter]:
    kept.client[ATTRIBUTION.database or kept.name][ATTRIBUTION.collection_name].drop()
    found = EventsKept(kept.data_dir).opened()
    yield found
    found.close()


def test_a_purchase_is_the_newest_row_of_it_wherever_that_is(
    kept: Kept, writer: ArchiveWriter
) -> None:
    first = checkout("p1", 10)
    taken_back = checkout("p1", 20, sign=-1)
    found = checkout("p1", 20, click_id="c1", source="Google Ads")
    archive(writer, "checkouts", 11, [first])
    archive(writer, "checkouts", 21, [taken_back, found, checkout("p2", 20)])
    writer.close()
    newer = checkout("p2", 30, click_id="c2", source="Tiktok Ads", is_final=True)
    database = kept.client[ATTRIBUTION.database or kept.name]
    store(database, found, newer, checkout("p3", 30, total=1_234_567))

    assert [("p1", "c1", "Google Ads"), ("p2", "c2", "Tiktok Ads"), ("p3", None, None)] == (
        kept.ask(ASKED)
    )
    assert [(Decimal("12.34567"), TIME)] == kept.ask(
        "SELECT total, purchase_time FROM checkouts WHERE purchase_id = 'p3'"
    )
    assert [(4, 3)] == kept.ask("SELECT count(*), sum(sign) + 1 FROM checkouts_changes")


def test_a_purchase_is_seen_before_the_archive_has_any(kept: Kept, writer: ArchiveWriter) -> None:
    database = kept.client[ATTRIBUTION.database or kept.name]
    store(database, checkout("p1", 10, click_id="c1", source="Unknown"))

    assert [("p1", "c1", "Unknown")] == kept.ask(ASKED)
    assert [(0,)] == kept.ask("SELECT count(*) FROM checkouts_changes")


def test_a_question_about_purchases_reads_no_receipt(
    kept: Kept, writer: ArchiveWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(Source, "beside", read)
    store(kept.client[ATTRIBUTION.database or kept.name], checkout("p1", 10))

    assert [("p1", None, None)] == kept.ask(ASKED)
    with pytest.raises(AssertionError):
        kept.ask("SELECT count(*) FROM Payments")


def test_credits_are_those_of_the_newest_version_and_add_up(
    kept: Kept, writer: ArchiveWriter
) -> None:
    archive(writer, "checkout_credits", 11, [credit("p1", 10, None, 1_000_000)])
    changed = [
        credit("p1", 20, None, 1_000_000, sign=-1),
        credit("p1", 20, "Google Ads", 333_333),
        credit("p1", 20, "Tiktok Ads", 666_667),
    ]
    archive(writer, "checkout_credits", 21, changed)
    writer.close()

    assert [("Google Ads", 333_333), ("Tiktok Ads", 666_667)] == kept.ask(
        "SELECT channel, linear FROM checkout_credits ORDER BY channel"
    )
    assert [(4,)] == kept.ask("SELECT count(*) FROM checkout_credits_changes")
