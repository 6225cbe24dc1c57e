"""A receipt without its customer says all else that it said."""

import msgspec
import pytest

from persistence.writer.anonymous import anonymous_receipt, without_customer
from tests.support.receipts import receipt, stamped
from tillstream.codec import decode_receipt
from tillstream.identity import anonymous_content, identity_of


def test_only_the_customer_and_what_nobody_knows_is_gone() -> None:
    fields = receipt(7, cents=572, customerID=42, transactionType="void")
    fields["documentTotal"] = {"netTotal": 5.720000000000001, "taxPayable": 0, "grossTotal": 6}
    sent = stamped(fields | {"marks": ["future-date"], "customerEmail": "marie@example.org"})

    erased = anonymous_receipt(sent)

    assert fields | {
        "customerID": None,
        "customerErased": True,
        "marks": ["future-date"],
        "receivedTime": 1_795_000_000,
    } == (msgspec.json.decode(erased))
    assert anonymous_content(decode_receipt(sent)) == identity_of(decode_receipt(erased)).content
    assert erased == anonymous_receipt(erased)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b'{"customerID":42,"x":', b'{"customerID":null,"x":'),
        (b'{"x":1,"customerID" : "42"}', b'{"x":1,"customerID" : null}'),
        (b'{"customerID":42', b'{"customerID":null'),
        (b'{"customerID":421}', b'{"customerID":421}'),
        (b'{"agentID":42}\n\xff', b'{"agentID":42}\n\xff'),
    ],
)
def test_in_what_is_no_receipt_the_customer_is_made_null(body: bytes, left: bytes) -> None:
    assert left == without_customer(body, "42")
