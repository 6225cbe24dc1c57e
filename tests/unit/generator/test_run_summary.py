"""Laws of the summary: every receipt has one fate, and sums are those of the accepted."""

from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import chain, faults
from generator.counters import MemoryCounters
from generator.receipts import Tills
from generator.summary import Summary
from tillstream.clock import BusinessDay

PARIS = ZoneInfo("Europe/Paris")
NOON = 1_773_142_200.0
tills = Tills(chain.build(1, 10, 2), MemoryCounters(), lambda: NOON, PARIS, 1)
ISSUED = [tills.issue() for _ in range(300)]


def summary(planned: int | None = None, cutoff: int = 0) -> Summary:
    return Summary(BusinessDay(PARIS, cutoff), planned)


@given(st.lists(st.sampled_from([202, 201, 422, 503, None]), max_size=300))
def test_every_receipt_has_one_fate_and_sums_are_of_the_accepted(
    statuses: list[int | None],
) -> None:
    folded = summary()
    for issued, status in zip(ISSUED, statuses, strict=False):
        folded.send([issued])
        if status is not None:
            folded.answered([issued], status)
    accepted = [
        issued
        for issued, status in zip(ISSUED, statuses, strict=False)
        if status is not None and status < 300
    ]
    gross = sum(issued.sale.gross for issued in accepted)
    written = folded.as_json()
    expected = {
        "sent": len(statuses),
        "accepted": len(accepted),
        "refused": {
            str(status): statuses.count(status) for status in (422, 503) if status in statuses
        },
        "lost": statuses.count(None),
        "unsent": 0,
        "accepted_gross_minor": gross,
        "accepted_net_minor": sum(issued.sale.net for issued in accepted),
        "accepted_tax_minor": sum(issued.sale.gross - issued.sale.net for issued in accepted),
    }

    assert expected == {key: written[key] for key in expected}
    assert gross == sum(of["revenue_minor"] for of in written["by_category"].values())
    assert gross == sum(written["by_tender"].values())
    assert gross == sum(of["gross_minor"] for of in written["by_day"].values())


@pytest.mark.parametrize(
    ("status", "planned", "expected"),
    [(202, 1, 0), (202, None, 0), (202, 2, 1), (422, 1, 1), (503, 1, 1), (None, 1, 1)],
)
def test_the_exit_status_is_zero_only_when_all_that_was_planned_is_accepted(
    status: int | None, planned: int | None, expected: int
) -> None:
    folded = summary(planned)
    folded.sent = 1
    if status is not None:
        folded.answered([ISSUED[0]], status)

    assert expected == folded.exit_status


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_a_parcel_is_counted_as_its_receipts_would_be_one_by_one(accepted: list[bool]) -> None:
    parcel = ISSUED[: len(accepted)]
    refused = {place: 422 for place, good in enumerate(accepted) if not good}
    together, one_by_one = summary(), summary()
    together.send(parcel)
    together.answered(parcel, 202, refused)
    for issued, good in zip(parcel, accepted, strict=True):
        one_by_one.send([issued])
        one_by_one.answered([issued], 202 if good else 422)

    assert one_by_one.as_json() == together.as_json()


def test_a_duplicate_counts_once_and_garbage_never() -> None:
    sold = msgspec.structs.replace(ISSUED[0], fault=faults.DUPLICATE)
    rubbish = faults.garbage(ISSUED[1], Random(1))
    folded = summary()
    folded.send([sold, sold, rubbish])
    folded.answered([sold, rubbish], 202, {1: 400})
    folded.answered([sold], 202)
    written = folded.as_json()
    by_fault = {
        "duplicate": {"sent": 2, "accepted": 2, "refused": 0},
        "garbage": {"sent": 1, "accepted": 0, "refused": 1},
    }

    assert (2, 1, sold.sale.gross, by_fault, 0) == (
        written["accepted"],
        written["counted"],
        written["accepted_gross_minor"],
        written["faults"],
        folded.exit_status,
    )


@pytest.mark.parametrize(("judged", "expected"), [(True, 1), (False, 0)])
def test_garbage_that_a_door_accepts_fails_the_run(judged: bool, expected: int) -> None:
    rubbish = faults.garbage(ISSUED[1], Random(1))
    folded = Summary(BusinessDay(PARIS), judged=judged)
    folded.send([rubbish])
    folded.answered([rubbish], 202)

    assert expected == folded.exit_status


def test_days_are_business_days() -> None:
    night = datetime(2026, 3, 11, 1, 30, tzinfo=UTC).timestamp()
    issued = Tills(chain.build(1, 1, 1), MemoryCounters(), lambda: night, PARIS, 1).issue()
    folded = summary(cutoff=4)
    folded.sent = 1
    folded.answered([issued], 202)

    assert [issued.sale.gross] == [
        day["gross_minor"] for day in folded.as_json()["by_day"].values()
    ]
    assert ["2026-03-10"] == list(folded.as_json()["by_day"])


def test_the_text_says_what_went_wrong_and_only_that() -> None:
    folded = summary(planned=3)
    folded.sent, folded.seconds = 2, 0.5
    folded.answered([ISSUED[0]], 202)
    good = summary(planned=0)

    folded.answered([ISSUED[1]], 422)
    names = [line.split()[0] for line in folded.as_text().splitlines()]

    assert "by status 422: 1" in folded.as_text()
    assert ["sent", "accepted", "refused", "lost", "unsent", "seconds", "receipts/s", "gross"] == (
        names
    )
    assert "lost                    0" in good.as_text()
    assert "unsent" not in good.as_text()
