"""Inputs that tripped one room or another: answered as the contract says, and the same anywhere."""

import json
from pathlib import Path

import httpx
import pytest

from tests.cases.conftest import Whole, settled
from tests.cases.table import CASES, Case

Answers = dict[str, list[httpx.Response]]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_each_input_is_answered_as_it_should_be(case: Case, answers: Answers) -> None:
    for post, answer in zip(case.posts, answers[case.name], strict=True):
        assert post.status == answer.status_code, (post.file, answer.text)
        if post.at:
            assert post.at in answer.text, (post.file, answer.text)
        if post.position is not None:
            assert [post.position] == positions(answer), (post.file, answer.text)


def positions(answer: httpx.Response) -> list[int]:
    told = answer.json()
    return [each["position"] for each in told.get("errors") or told.get("refused") or []]


@every_case
def test_every_output_has_what_was_accepted(case: Case, answers: Answers, whole: Whole) -> None:
    for store, days in case.counted.items():
        found = whole.books(store)

        assert dict.fromkeys(found, days) == found, store
    for store in case.nothing_of:
        found = whole.books(store)

        assert {name: {} for name in found} == found, store


@every_case
def test_what_is_accepted_and_does_not_count_is_kept_as_a_conflict(
    case: Case, answers: Answers, whole: Whole
) -> None:
    assert case.conflicts == sum(whole.conflicts(store) for store in case.counted)


def test_the_books_agree_and_no_process_was_restarted(answers: Answers, whole: Whole) -> None:
    verdict = settled(whole)
    conflicts = sum(case.conflicts for case in CASES)

    assert 0 == verdict.returncode, verdict.stdout + verdict.stderr
    assert f" conflicts {conflicts}," in verdict.stdout
    assert whole.before == whole.system.pids()


@pytest.mark.parametrize(
    ("store", "day", "by", "key"),
    [
        ("gap", "2026-03-28", "hour", "03"),
        ("1900", "1899-12-31", "hour", "00"),
        ("KI", "2026-11-25", "hour", "09"),
        ("NY", "2026-11-26", "hour", "23"),
        ("vat", "2026-11-28", "vat", "1.05"),
        ("formulas", "2026-11-28", "tender", "CB;=1+1"),
    ],
)
def test_a_breakdown_has_one_key_in_ledger_and_archive(
    answers: Answers, whole: Whole, store: str, day: str, by: str, key: str
) -> None:
    rows = [(row["key"], row["receipts"]) for row in whole.sales(store, by, day)]
    ledger = whole.ledger(day, by)

    assert [(key, 1)] == rows
    assert key in ledger


def test_the_first_of_1900_has_the_wall_clock_of_its_till(answers: Answers, whole: Whole) -> None:
    (item,) = whole.archive.get("/receipts", params={"store": "1900"}).json()["items"]

    assert "1900-01-01T00:00:00+00:09:21" == item["date"]


def test_a_business_day_is_the_same_receipts_in_every_question(
    answers: Answers, whole: Whole
) -> None:
    day = {"from": "2026-11-26", "to": "2026-11-27"}
    sales = whole.archive.get("/sales", params=day | {"by": "store"}).json()["rows"]
    listed = whole.archive.get("/receipts", params=day).json()["items"]
    lines = whole.archive.get("/export", params=day | {"format": "ndjson"}).text.splitlines()
    exported = [json.loads(line)["store"] for line in lines]

    expected = ["1", "NY"]
    assert expected == sorted(row["key"] for row in sales)
    assert expected == sorted(item["store"] for item in listed)
    assert expected == sorted(exported)


def test_parquet_and_seals_of_the_closed_days_agree(
    answers: Answers, whole: Whole, tmp_path: Path
) -> None:
    exported = whole.command("persistence", "export-parquet")
    sealed = whole.command("persistence", "seal")
    verified = whole.command("persistence", "verify-seal")
    again = whole.command("persistence", "export-parquet")
    counted = whole.command("persistence", "sql", "--csv", "SELECT count(*) AS n FROM receipts")
    expected = sum(
        count for case in CASES for days in case.counted.values() for count, _ in days.values()
    )

    assert 0 == exported.returncode, exported.stdout + exported.stderr
    assert 0 == sealed.returncode, sealed.stdout + sealed.stderr
    assert 0 == verified.returncode, verified.stdout + verified.stderr
    assert ", 0 faults" in verified.stdout
    assert " 0 days written, 0 rewritten" in again.stdout
    assert f"\ufeffn\n{expected}\n" == counted.stdout


def test_a_receipt_of_a_batch_may_be_as_large_as_one_alone_and_no_larger(whole: Whole) -> None:
    receipt = ordinary("large") | {"pdf": "x" * (9 * 1024 * 1024)}
    answer = whole.door.post("/receipts", json=[receipt, ordinary("large")])

    assert (207, [1]) == (answer.status_code, positions(answer))
    alone = whole.door.post("/receipts", json=[receipt])
    assert alone.status_code in (413, 422), alone.text


@pytest.mark.parametrize("kind", ["application/json", "text/csv"])
def test_a_hundred_thousand_wrong_rows_are_counted_and_not_explained(
    whole: Whole, kind: str
) -> None:
    body = b"[" + b",".join([b"0"] * 100_000) + b"]"
    if kind == "text/csv":
        body = b"storeID,quantity\n" + b"1,x\n" * 100_000
    answer = whole.door.post("/receipts", content=body, headers={"Content-Type": kind})

    # Of CSV the header already says that nothing below it is a receipt.
    assert answer.status_code in ((400, 422) if kind == "text/csv" else (422,)), answer.text[:500]
    assert answer.elapsed.total_seconds() < 3
    assert len(positions(answer)) <= 100


def test_an_idempotency_key_that_is_empty_is_no_key(whole: Whole) -> None:
    headers = {"Idempotency-Key": ""}
    first, second = (
        whole.door.post("/receipt", json=ordinary("keys", number), headers=headers)
        for number in (1, 2)
    )

    assert first.status_code == second.status_code, second.text
    assert first.status_code in (202, 400)


def test_after_a_refusal_an_idempotency_key_may_be_used_again(whole: Whole) -> None:
    headers = {"Idempotency-Key": "order 17"}
    refused = whole.door.post("/receipts", json=[{"x": 1}], headers=headers)
    mended = whole.door.post("/receipts", json=[ordinary("keys", 3)], headers=headers)

    assert (422, 202) == (refused.status_code, mended.status_code), mended.text


def ordinary(store: str, number: int = 1) -> dict[str, object]:
    """A receipt of a store."""
    file = Path(__file__).parent / "inputs" / "ordinary.json"
    fields: dict[str, object] = json.loads(file.read_text())
    return fields | {"storeID": store, "cashReceiptID": number}
