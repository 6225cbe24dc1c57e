"""Every format gives the same receipt; what is broken is told where it stands."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoint.formats import READERS
from entrypoint.formats.entry import NotReadableError
from tests.support.receipts import encoded, line, receipt
from tests.support.written import as_csv, as_form, as_xml

FIELDS = receipt(lines=[line(250, "Pain"), line(350, "Boisson", 2)], cents=600)


def read(media_type: str, body: bytes) -> list[tuple[int, Any]]:
    return [
        (entry.position, entry.defect or json.loads(entry.body))
        for entry in READERS[media_type](body)
    ]


def with_text_ids(fields: dict[str, Any]) -> dict[str, Any]:
    """Only JSON tells 1 from "1"; the identity is the same."""
    return fields | {
        name: str(fields[name]) for name in ("cashReceiptID", "storeID", "terminalID", "agentID")
    }


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/xml", as_xml(FIELDS)),
        ("text/xml", b"<receipts>" + as_xml(FIELDS) + b"</receipts>"),
        ("application/x-www-form-urlencoded", as_form(FIELDS)),
    ],
)
def test_every_format_gives_the_receipt_of_the_contract(media_type: str, body: bytes) -> None:
    actual = read(media_type, body)

    assert [(1, with_text_ids(FIELDS))] == actual


def test_csv_rows_of_one_receipt_are_its_lines() -> None:
    second = receipt(2)

    actual = read("text/csv", as_csv(FIELDS, second))

    assert [(2, with_text_ids(FIELDS)), (4, with_text_ids(second))] == actual


def test_lists_and_lines_give_each_receipt_with_its_position() -> None:
    two = [receipt(1), receipt(2)]
    as_list = read("application/json", encoded(two))  # type: ignore[arg-type]
    as_lines = read("application/x-ndjson", b"\n".join([encoded(two[0]), b" ", encoded(two[1])]))

    assert [(1, two[0]), (2, two[1])] == as_list
    assert [(1, two[0]), (3, two[1])] == as_lines


BOMB = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<receipt><storeID>&b;</storeID></receipt>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<receipt><storeID>&x;</storeID></receipt>"""


@pytest.mark.parametrize(
    ("media_type", "body", "reason"),
    [
        ("application/xml", BOMB, "not allowed"),
        ("application/xml", OUTSIDE, "not allowed"),
        ("application/xml", b"<receipt>", "no element found"),
        ("application/xml", b"<bill/>", "<bill>"),
        ("application/x-www-form-urlencoded", b"a.b.c.d=1", "a.b.c.d"),
        ("application/x-www-form-urlencoded", b"a", "bad query field"),
        ("text/csv", b"\xff", "byte 0 .0xff. is not UTF-8; send UTF-8"),
        ("application/json", b"[1,", "truncated"),
    ],
)
def test_what_is_not_of_its_format_is_told(media_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(NotReadableError, match=reason):
        list(READERS[media_type](body))


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(media_type: str, body: bytes) -> None:
    try:
        entries = list(READERS[media_type](body))
    except NotReadableError:
        return

    assert all(isinstance(entry.body, bytes) for entry in entries)
