"""A list costs what is asked for of it, and what is only counted is not explained."""

import resource
import time
from itertools import islice

import pytest

from entrypoint.formats import json_array
from entrypoint.formats.entry import NotReadableError
from entrypoint.formats.json_array import receipts
from entrypoint.refusals import InvalidReceiptError
from entrypoint.validation import validate

MANY = 1_000


@pytest.fixture
def item_by_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of MANY items are long ones."""
    monkeypatch.setattr(json_array, "MAX_ITEMS_AT_ONCE", MANY)


def test_of_a_list_of_millions_only_what_is_asked_for_is_made() -> None:
    body = b"[" + b"{}," * 5_000_000 + b"{}]"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    entries = list(islice(receipts(body), 1_000))

    # The body stands in memory once more; as objects it would be 280 MB.
    assert 1_000 == len(entries)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


@pytest.mark.usefixtures("item_by_item")
def test_a_list_read_item_by_item_is_the_same_list() -> None:
    texts = [b'{"a":[1,-2.5e3,{"b":"],\\"}"}],"c":"\xc3\xa9"}', b"null", b"0", b'"x,y"', b"[]"]
    body = b" [ " + b" ,\n".join(texts + [b"1"] * MANY) + b" ] "

    assert texts == [entry.body for entry in islice(receipts(body), len(texts))]
    assert len(texts) + MANY == sum(1 for _ in receipts(body))


@pytest.mark.usefixtures("item_by_item")
@pytest.mark.parametrize("end", [b"", b",", b",]", b"] 1", b" 2]", b"}]"])
def test_a_long_list_that_is_not_json_is_told(end: bytes) -> None:
    with pytest.raises(NotReadableError):
        list(receipts(b"[" + b"1," * MANY + b"1" + end))


def test_what_is_only_counted_costs_a_fraction_of_what_is_named() -> None:
    seconds = {}
    for named in (True, False):
        started = time.process_time()
        for _ in range(500):
            try:
                validate(b"0")
            except InvalidReceiptError as error:
                _ = named and error.violations
        seconds[named] = time.process_time() - started

    assert seconds[False] * 3 < seconds[True]
