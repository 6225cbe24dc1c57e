"""The trace of a receipt is beside its content: nothing that compares receipts sees it."""

import msgspec
import pytest

from entrypoint.validation import stamp_trace, validate
from persistence.writer.anonymous import anonymous_receipt
from tests.support.receipts import encoded, receipt
from tillstream.codec import decode_receipt
from tillstream.identity import identity_of
from tillstream.receipt_message import stamp
from tillstream.trace_stamp import trace_id_of

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PLAIN = stamp(encoded(receipt()), 12.5, ["sum-net"])
TRACED = stamp_trace(PLAIN, TRACE)


def test_a_trace_changes_neither_identity_nor_content() -> None:
    assert decode_receipt(PLAIN) == decode_receipt(TRACED)
    assert identity_of(decode_receipt(PLAIN)) == identity_of(decode_receipt(TRACED))
    assert (None, TRACE) == (trace_id_of(PLAIN), trace_id_of(TRACED))


def test_a_clients_own_trace_stamp_is_not_believed() -> None:
    posted = encoded({"traceID": TRACE} | receipt())

    assert receipt() == msgspec.json.decode(validate(posted).line)


@pytest.mark.parametrize("value", [b"7", b'"mine"', b"null", b'{"a": 1}', b'"\xff"'])
def test_what_a_till_of_before_had_under_the_name_is_no_trace_and_no_fault(value: bytes) -> None:
    raw = b'%b,"traceID":%b}' % (PLAIN[:-1], value)

    assert trace_id_of(raw) is None
    assert decode_receipt(PLAIN) == decode_receipt(raw)


def test_an_erased_receipt_has_no_trace() -> None:
    assert trace_id_of(anonymous_receipt(TRACED)) is None
