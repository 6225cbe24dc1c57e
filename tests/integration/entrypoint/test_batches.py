"""`POST /receipts` and other formats: the good ones are accepted, the bad ones are named."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import zstandard

from command import exits, send
from tests.support.receipts import encoded, receipt

NDJSON = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}

Published = Callable[[], list[dict[str, Any]]]


def lines(*all_fields: dict[str, Any]) -> bytes:
    return b"\n".join(encoded(fields) for fields in all_fields)


def numbers(published: Published) -> list[int]:
    return sorted(fields["cashReceiptID"] for fields in published())


@pytest.mark.parametrize(
    ("headers", "pack"),
    [
        ({}, lambda body: body),
        ({"Content-Encoding": "gzip"}, gzip.compress),
        ({"Content-Encoding": "zstd"}, lambda body: zstandard.ZstdCompressor().compress(body)),
    ],
)
def test_a_batch_is_accepted_whole(
    door: httpx.Client,
    published: Published,
    headers: dict[str, str],
    pack: Callable[[bytes], bytes],
) -> None:
    body = lines(*(receipt(number) for number in range(1200)))

    answer = door.post("/receipts", content=pack(body), headers=NDJSON | headers)

    assert (202, {"accepted": 1200, "refused": 0}) == (answer.status_code, answer.json())
    assert list(range(1200)) == numbers(published)


def test_a_list_is_a_batch_too(door: httpx.Client, published: Published) -> None:
    answer = door.post("/receipts", json=[receipt(1), receipt(2)])

    assert (202, [1, 2]) == (answer.status_code, numbers(published))


def test_the_good_receipts_of_a_batch_are_accepted_and_the_bad_ones_named(
    door: httpx.Client, published: Published
) -> None:
    body = lines(receipt(1), receipt(2, date="soon"), receipt(3)) + b"\n\n{nonsense}\n"

    answer = door.post("/receipts", content=body, headers=NDJSON)

    result = answer.json()
    named = [
        (entry["position"], error["rule"], error["path"])
        for entry in result["errors"]
        for error in entry["errors"]
    ]
    assert (207, 2, 2) == (answer.status_code, result["accepted"], result["refused"])
    assert [(2, "pattern", "$.date"), (5, "json", "$")] == named
    assert [1, 3] == numbers(published)


def test_a_batch_without_a_good_receipt_is_refused(
    door: httpx.Client, published: Published
) -> None:
    answer = door.post("/receipts", json=[{}, {"storeID": 1}])

    assert (422, []) == (answer.status_code, published())
    assert [1, 2] == [entry["position"] for entry in answer.json()["refused"]]


@pytest.mark.parametrize(
    ("body", "headers", "status", "kind"),
    [
        (gzip.compress(b"\0" * 5_000_000), {"Content-Encoding": "gzip"}, 413, "too-large"),
        (b"x", {"Content-Encoding": "gzip"}, 400, "not-gzip"),
        (b"x", {"Content-Encoding": "br"}, 415, "unsupported-content-encoding"),
        (b"x", {"Content-Type": "image/png"}, 415, "unsupported-media-type"),
        (b"[1,", {"Content-Type": "application/json"}, 400, "not-json"),
        (b"<a>", {"Content-Type": "application/xml"}, 400, "not-xml"),
    ],
)
def test_a_batch_that_cannot_be_read_is_refused(
    door: httpx.Client, body: bytes, headers: dict[str, str], status: int, kind: str
) -> None:
    answer = door.post("/receipts", content=body, headers=NDJSON | headers)

    problem = answer.json()
    assert (status, f"urn:tillstream:problem:{kind}") == (answer.status_code, problem["type"])


def test_a_receipt_may_come_as_a_form(door: httpx.Client, published: Published) -> None:
    line = receipt()["lines"][0]
    ids = dict.fromkeys(("cashReceiptID", "storeID", "terminalID", "agentID"), "7")
    fields = ids | {"customerID": "", "date": "2026-11-21 08:00:01"}
    fields |= {f"lines.0.{name}": value for name, value in line.items()}
    fields |= {"documentTotal.netTotal": "6", "documentTotal.taxPayable": "0"}
    fields |= {"documentTotal.grossTotal": "6", "settlements.0.paymentMechanism": "CB"}
    fields |= {"settlements.0.settlementAmount": "6"}

    answer = door.post(
        "/receipt",
        content=urlencode(fields),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert (202, {"key": "2026-11-21 08:00:01/7/7/7"}) == (answer.status_code, answer.json())
    expected = receipt(documentTotal={"netTotal": 6, "taxPayable": 0, "grossTotal": 6}) | ids
    stored = {name: value for name, value in published()[0].items() if name != "receivedTime"}
    assert expected == stored
    assert 200 == door.get("/form").status_code


def test_a_broken_rule_is_marked_and_counted(door: httpx.Client, published: Published) -> None:
    far_ahead = receipt(1, date="2099-01-01 00:00:00", settlements=[])

    answer = door.post("/receipt", content=encoded(far_ahead), headers=JSON)

    marks = [fields["marks"] for fields in published()]
    metrics = door.get("/metrics").text
    assert (202, [["tenders", "clock-ahead"]]) == (answer.status_code, marks)
    assert 'tillstream_receipts_marked_total{rule="tenders"} 1.0' in metrics
    assert "tillstream_receipts_accepted_total 1.0" in metrics


def test_every_answer_names_its_request(door: httpx.Client) -> None:
    given = door.post("/receipt", content=b"{", headers=JSON | {"X-Request-ID": "till-7.42"})
    ours = door.get("/health/live")

    assert "urn:tillstream:request:till-7.42" == json.loads(given.content)["instance"]
    assert ("till-7.42", True) == (
        given.headers["x-request-id"],
        bool(ours.headers["x-request-id"]),
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b" [ ] "),
        ("application/x-ndjson", b"\n\n"),
        ("application/xml", b"<receipts/>"),
        ("text/csv", b"cashReceiptID,storeID,terminalID,date\n,,,\n"),
    ],
)
def test_a_batch_of_none_is_told_the_same_in_every_format(
    door: httpx.Client, kind: str, body: bytes
) -> None:
    answer = door.post("/receipts", content=body, headers={"Content-Type": kind})

    assert (400, "The body holds no receipt; send at least one, or nothing.") == (
        answer.status_code,
        answer.json()["detail"],
    )


def test_tillstream_send_posts_a_file_that_is_larger_than_a_receipt_may_be(
    door: httpx.Client, published: Published, tmp_path: Path
) -> None:
    file = tmp_path / "receipts.ndjson"
    file.write_bytes(lines(*(receipt(cashReceiptID=number) for number in range(1, 21))))

    assert exits.OK == send.send(file, str(door.base_url), None, None, None)
    assert list(range(1, 21)) == numbers(published)
