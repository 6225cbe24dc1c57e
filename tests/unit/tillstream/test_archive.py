"""Laws of the archive's contract: documents, bytes, ids, clients."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.writer.documents import conflict
from persistence.writer.entries import entry
from tests.support.receipts import receipt, stamped
from tillstream import archive, verify_report
from tillstream.clock import BusinessDay
from tillstream.runtime.settings import StoreTimeSettings
from tillstream.stores import StoreTable
from tillstream.verify_report import Disagreement, Proof

KEY = "2026-11-21 08:00:01/12/T 1/7"


@given(st.binary(max_size=40))
def test_bytes_of_a_document_are_read_back_as_they_came(raw: bytes) -> None:
    assert raw == archive.raw_bytes({"raw": archive.as_text(raw)})


def test_a_document_of_a_receipt_has_the_fields_of_the_contract() -> None:
    stores = StoreTable(BusinessDay(StoreTimeSettings().zone(), 0), {})
    # Of euros it does not say that it is in them.
    stored = entry(stamped(receipt(7) | {"currency": "JPY"}), stores).document()
    named = archive.ReceiptDocument, archive.LineDocument, archive.PaymentDocument

    fields = [stored.keys() | {"storedAt", "erasedAt"}]
    fields += [each[0].keys() for each in (stored["lines"], stored["payments"])]

    assert [each.__annotations__.keys() for each in named] == fields


def test_a_conflict_has_the_fields_of_the_contract() -> None:
    assert (
        archive.ConflictDocument.__annotations__.keys() == conflict(KEY, stamped(receipt())).keys()
    )


def test_a_report_has_the_fields_of_the_contract() -> None:
    proof = Proof(1.0, 2.0, 0, "all agree", 1, (Disagreement("gross", "", "", "1", "2"),))
    made = verify_report.document(proof)

    assert [archive.ProofDocument.__annotations__.keys()] == [made.keys()]
    assert archive.DisagreementDocument.__annotations__.keys() == made["named"][0].keys()


@pytest.mark.parametrize(
    ("key", "found"), [(KEY, True), (KEY + "0", False), (KEY[:-1], False), (KEY + "/1", False)]
)
def test_conflicts_of_a_receipt_are_found_by_their_ids_alone(key: str, found: bool) -> None:
    within = archive.conflicts_of(KEY)["_id"]

    one = archive.conflict_id(key, b"\xff" * 8)

    assert found == (within["$gte"] <= one < within["$lt"])


@pytest.mark.parametrize(
    ("stored", "seconds"),
    [({"utcOffsetSeconds": 561}, 561), ({"utcOffsetMinutes": -330}, -19_800)],
    ids=["of today", "of before a migration"],
)
def test_an_offset_is_exact_to_the_second(stored: dict[str, Any], seconds: int) -> None:
    assert timedelta(seconds=seconds) == archive.utc_offset(stored)


def test_a_client_waits_no_longer_than_it_is_told() -> None:
    with archive.connect("mongodb://127.0.0.1:1", "a test", server_ms=20, socket_ms=30) as client:
        options = client.options
        timeouts = options.pool_options.connect_timeout, options.pool_options.socket_timeout

        assert (0.02, (0.02, 0.03)) == (options.server_selection_timeout, timeouts)


def test_a_write_is_in_the_journals_of_a_majority() -> None:
    with archive.connect("mongodb://127.0.0.1:1", "a test") as client:
        database = archive.majority(client, "name", wtimeout_ms=5)

        expected = {"w": "majority", "wtimeout": 5, "j": True}
        assert expected == database.write_concern.document
