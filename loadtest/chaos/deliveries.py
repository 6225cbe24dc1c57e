"""What a shop of our own form delivers: sales that change, old versions again, cancellations.

Its sales are in another currency than those of the tills, so no sum of theirs has them.
"""

import base64
import json
import time
from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from loadtest.chaos.requests import Posted
from loadtest.receivers.delivery import Request
from loadtest.receivers.vendors.generic import GENERIC

RECEIVER = "generic"
#: What the shop signs with, as the door is given it.
SECRET = base64.b64encode(b"a secret of chaos, no one else's").decode()
CURRENCY = "JPY"
#: How often a delivery is a new version of a sale, or one that was accepted before.
_CHANGED, _REPEATED = 0.4, 0.2
_CANCELLED = 0.1
#: Sales that may change, and deliveries that may come again.
_REMEMBERED = 500


class SignedDelivery(NamedTuple):
    """One version of a sale; signed anew each time that it is sent, as its time is."""

    number: int
    sale: int
    version: int
    #: What the sale comes to by it, minor units.
    amount: int
    content: bytes

    @property
    def key(self) -> str:
        """The vendor's id of it."""
        return f"chaos-{self.number}"

    def posted(self) -> Posted:
        """How it is sent now."""
        headers = {"webhook-id": self.key, "webhook-timestamp": str(int(time.time()))}
        signature = GENERIC.sign(Request(headers, self.content), SECRET, "")
        all_headers = {"Content-Type": "application/json"} | headers | signature
        return Posted(f"/receivers/{RECEIVER}", all_headers, 200)


class Deliveries:
    """Draws the deliveries of a run; the same seed and answers give the same ones."""

    def __init__(self, seed: int, day: str) -> None:
        """`day`: of every sale, as 2026-11-21."""
        self._random = Random(f"deliveries {seed}")
        self._day = day
        self._number = 0
        #: The newest version of each sale.
        self._versions: list[int] = []
        self._accepted: list[SignedDelivery] = []

    def next(self) -> SignedDelivery:
        """A new sale, a new version of one, or a delivery that was accepted before."""
        drawn = self._random.random()
        if self._accepted and drawn < _REPEATED:
            return self._random.choice(self._accepted)
        if self._versions and drawn < _REPEATED + _CHANGED:
            sale = self._random.randrange(
                max(0, len(self._versions) - _REMEMBERED), len(self._versions)
            )
        else:
            self._versions.append(0)
            sale = len(self._versions) - 1
        self._versions[sale] += 1
        self._number += 1
        amount = self._random.randint(1, 99_999)
        is_cancelled = self._random.random() < _CANCELLED
        content = self._content(sale, self._versions[sale], amount, is_cancelled=is_cancelled)
        counted = 0 if is_cancelled else amount
        return SignedDelivery(self._number, sale, self._versions[sale], counted, content)

    def accepted(self, body: SignedDelivery) -> None:
        """It may come again."""
        self._accepted = [*self._accepted[1 - _REMEMBERED :], body]

    def _content(self, sale: int, version: int, amount: int, *, is_cancelled: bool) -> bytes:
        line: dict[str, object] = {
            "lineNumber": 1,
            "productCode": "1",
            "productDescription": "Melonpan",
            "productCategoryCode": "P",
            "productCategoryName": "Pan",
            "quantity": 1,
            "unitOfMeasure": "piece",
            "creditAmount": amount,
            "taxPercentage": 0,
            "settlementAmount": amount,
        }
        receipt = {
            "cashReceiptID": str(sale),
            "storeID": "chaos shop",
            "terminalID": "web",
            "date": f"{self._day} 12:00:00",
            "currency": CURRENCY,
            "version": version,
            "cancelled": is_cancelled,
            "lines": [line],
            "documentTotal": {"netTotal": amount, "taxPayable": 0, "grossTotal": amount},
            "settlements": [{"paymentMechanism": "card", "settlementAmount": amount}],
        }
        return json.dumps(receipt).encode()


class DeliveriesBook:
    """What was sent and promised, and what the newest versions come to."""

    def __init__(self) -> None:
        self._sent: dict[int, SignedDelivery] = {}
        #: The newest version of each sale that was acknowledged.
        self._newest: dict[int, int] = {}
        self._wrong: list[str] = []

    @property
    def accepted(self) -> int:
        """Sales of which any delivery was acknowledged."""
        return len(self._newest)

    def send(self, body: SignedDelivery) -> None:
        """A delivery is about to be sent."""
        self._sent[body.number] = body

    def acknowledge(self, number: int, _: float) -> None:
        """The door has answered 200, now or again."""
        body = self._sent[number]
        self._newest[body.sale] = max(body.version, self._newest.get(body.sale, 0))

    def wrong_answer(self, what: str) -> None:
        """The door answered what it must not."""
        self._wrong.append(what)

    def check(self, found: Mapping[int, int]) -> tuple[str, ...]:
        """Every difference to the sums of what is archived, by sale; none when they hold.

        A version without a known outcome may count where it is newer than those that have one.
        """
        may_be: dict[int, set[int]] = {}
        for body in self._sent.values():
            newest = self._newest.get(body.sale, 0)
            allowed = may_be.setdefault(body.sale, set() if newest else {0})
            if body.version >= newest:
                allowed.add(body.amount)
        return (
            *(f"sale {sale} never sent" for sale in sorted(found.keys() - may_be.keys())),
            *(
                f"sale {sale}: {found.get(sale, 0)}, not {' or '.join(map(str, sorted(allowed)))}"
                for sale, allowed in sorted(may_be.items())
                if found.get(sale, 0) not in allowed
            ),
            *self._wrong,
        )
