"""Each receipt of a batch by itself: its size, its identity, and the key of the whole."""

from typing import Any

import httpx
import pytest

from tests.support.receipts import encoded, receipt

NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def lines(*all_fields: dict[str, Any]) -> bytes:
    return b"\n".join(encoded(fields) for fields in all_fields)


def refusals(answer: httpx.Response) -> list[tuple[int, str]]:
    return [
        (entry["position"], error["rule"])
        for entry in answer.json()["errors"]
        for error in entry["errors"]
    ]


def test_a_receipt_too_large_alone_is_too_large_in_a_batch(door: httpx.Client) -> None:
    body = lines(receipt(1), receipt(2) | {"note": "x" * 5_000})

    answer = door.post("/receipts", content=body, headers=NDJSON)

    assert (207, [(2, "too-large")]) == (answer.status_code, refusals(answer))


def test_a_conflict_within_a_batch_is_told_and_the_first_one_counts(door: httpx.Client) -> None:
    first, second = receipt(1, cents=600), receipt(1, cents=700)

    answer = door.post("/receipts", content=lines(first, second), headers=NDJSON)
    retries = [door.post("/receipt", json=fields).status_code for fields in (first, second)]
    twice = door.post("/receipts", content=lines(receipt(2), receipt(2)), headers=NDJSON)

    assert (207, [(2, "conflict")]) == (answer.status_code, refusals(answer))
    assert [202, 409] == retries
    assert (202, 2) == (twice.status_code, twice.json()["accepted"])


@pytest.mark.parametrize("key", ["", "x" * 256])
@pytest.mark.parametrize("path", ["/receipt", "/receipts"])
def test_a_key_that_cannot_stand_for_a_request_is_refused(
    door: httpx.Client, path: str, key: str
) -> None:
    answer = door.post(path, json=receipt(1), headers={"Idempotency-Key": key})

    assert (400, "urn:tillstream:problem:invalid-idempotency-key") == (
        answer.status_code,
        answer.json()["type"],
    )


def test_several_keys_of_one_request_are_refused(door: httpx.Client) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

    assert 400 == door.post("/receipt", json=receipt(1), headers=headers).status_code


def test_the_key_of_a_refused_batch_may_be_used_for_the_mended_one(door: httpx.Client) -> None:
    headers = JSON | {"Idempotency-Key": "abc"}
    bodies = [b'[{"x":1}]', encoded(receipt(1)), encoded(receipt(2))]

    statuses = [door.post("/receipts", content=b, headers=headers).status_code for b in bodies]

    assert [422, 202, 409] == statuses


def test_amounts_that_python_hashes_alike_are_other_bodies(door: httpx.Client) -> None:
    headers = JSON | {"Idempotency-Key": "abc"}
    bodies = [receipt(1, cents=-100), receipt(1, cents=-200)]

    statuses = [door.post("/receipt", json=body, headers=headers).status_code for body in bodies]

    assert [202, 409] == statuses
