"""Receipts whose lines and tenders are still encoded, for whoever reads many of them."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tillstream.bounds import LINES
from tillstream.receipt import Head, Marks


class OutlinedReceipt(Head, frozen=True, gc=False, kw_only=True):
    """A receipt whose lines and tenders are still encoded.

    The same products are sold all day: whoever reads many receipts decodes each text once
    (docs/decisions/0017-texts-decoded-once.md).
    """

    lines: Annotated[tuple[msgspec.Raw, ...], Meta(max_length=LINES)]
    settlements: msgspec.Raw


class StampedOutline(OutlinedReceipt, frozen=True, gc=False, kw_only=True):
    """An outlined receipt as it is published: with the door's stamps."""

    received_time: float
    marks: Marks = ()
    customer_erased: bool = False
    currency: Any = None
