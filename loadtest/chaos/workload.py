"""The known workload: receipts of a few tills, duplicates, conflicts, late ones and garbage."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from loadtest import receipts
from loadtest.chaos.history import Sale
from tillstream.bounds import AMOUNT_LIMIT, LINES, QUANTITY_LIMIT

STORES, TILLS = 7, 3
CATEGORIES = ("Pain", "Viennoiserie", "Boisson", "Menu")

#: Receipts of one batch.
BATCH_RECEIPTS = 20
#: A till's numbers come out of order within a window of so many.
NUMBER_WINDOW = 8
#: Receipts that may come again, one way or another.
REMEMBERED = 5_000

#: How often each kind comes, in a thousand.
SHARES = {
    "receipt": 750,
    #: At the bounds of the contract, in one way or another.
    "extreme": 20,
    #: Dated yesterday.
    "late": 60,
    #: Sent once: a till that gives up, so that its outcome may stay unknown.
    "impatient": 30,
    "batch": 6,
    "duplicate": 80,
    #: The identity of one that was acknowledged, with other content.
    "conflict": 10,
    #: To be refused by the door.
    "garbage": 40,
    #: Undecodable, published past the door: to become a dead letter.
    "letter": 4,
}


class Posted(NamedTuple):
    """A receipt as it is sent, the same bytes each time."""

    key: str
    sale: Sale
    body: bytes


class Item(NamedTuple):
    """What is sent next."""

    kind: str
    #: None but for `garbage` and `letter`.
    receipts: Sequence[Posted] = ()
    #: Of `garbage` and `letter`.
    body: bytes = b""
    #: The status with which the door must refuse garbage.
    status: int = 0


class Workload:
    """Draws what is sent next; the same seed, clock and answers give the same workload."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._numbers: dict[tuple[int, int], list[int]] = {}
        self._issued: dict[tuple[int, int], int] = {}
        self._remembered: list[tuple[Posted, dict[str, Any]]] = []
        self._fields: dict[str, dict[str, Any]] = {}
        self._conflicting: set[str] = set()
        self._garbage = 0
        self._extremes = 0

    def next(self, now: datetime) -> Item:
        """The next item, its receipts sold at `now` on the wall clock of the stores."""
        kind = self._random.choices(list(SHARES), list(SHARES.values()))[0]
        if kind in ("duplicate", "conflict") and not self._remembered:
            kind = "receipt"
        match kind:
            case "batch":
                return Item(kind, [self._receipt(now) for _ in range(BATCH_RECEIPTS)])
            case "late":
                return Item(kind, [self._receipt(now - timedelta(days=1))])
            case "extreme":
                return Item(kind, [self._extreme(now)])
            case "duplicate":
                return Item(kind, [self._random.choice(self._remembered)[0]])
            case "conflict":
                return self._conflict()
            case "garbage":
                return self._refused(now)
            case "letter":
                form = self._random.choice((b'{"undecodable":%d', b'{"undecodable":%d}'))
                return Item(kind, body=self._token(form))
        return Item(kind, [self._receipt(now)])

    def acknowledged(self, posted: Posted) -> None:
        """The receipt is accepted: from now on it may come again, or in conflict."""
        fields = self._fields.pop(posted.key, None)
        if fields is None:
            return
        if len(self._remembered) < REMEMBERED:
            self._remembered.append((posted, fields))
        else:
            self._remembered[self._random.randrange(REMEMBERED)] = (posted, fields)

    def _receipt(self, sold: datetime) -> Posted:
        till = (self._random.randint(1, STORES), self._random.randint(1, TILLS))
        fields = receipt(till, self._number(till), sold, self._cents())
        posted = _posted(fields, sold.date())
        self._fields[posted.key] = fields
        return posted

    def _extreme(self, sold: datetime) -> Posted:
        self._extremes += 1
        count, form = divmod(self._extremes, len(_EXTREMES))
        till = (self._random.randint(1, STORES), TILLS + 1)
        fields = receipt(till, self._extremes, sold, self._cents()) | _EXTREMES[form](count)
        posted = _posted(fields, sold.date())
        self._fields[posted.key] = fields
        return posted

    def _conflict(self) -> Item:
        posted, fields = self._random.choice(self._remembered)
        if posted.key in self._conflicting:
            # A second other content would be a conflict of its own.
            return Item("duplicate", [posted])
        self._conflicting.add(posted.key)
        day = date.fromisoformat(posted.sale.day)
        other = fields | self._random.choice(
            (
                # A void of its sale; of a void, a sale.
                {"transactionType": None if "transactionType" in fields else "void"},
                _amounts([cents + 1 for cents in self._cents()]),
                # Python has one hash for -1.0 and -2.0.
                {"settlements": [{"paymentMechanism": "CB", "settlementAmount": -2.0}]},
            )
        )
        return Item("conflict", [_posted(other, day)])

    def _refused(self, now: datetime) -> Item:
        if self._random.random() < 0.5:
            return Item("garbage", body=self._token(b'{"storeID": %d,'), status=400)
        broken = receipt((0, 0), 0, now, [100]) | {"lines": "none"}
        return Item("garbage", body=msgspec.json.encode(broken), status=422)

    def _number(self, till: tuple[int, int]) -> int:
        if not self._numbers.get(till):
            start = self._issued.get(till, 0)
            self._issued[till] = start + NUMBER_WINDOW
            self._numbers[till] = list(range(start + 1, start + NUMBER_WINDOW + 1))
            self._random.shuffle(self._numbers[till])
        return self._numbers[till].pop()

    def _cents(self) -> list[int]:
        return [self._random.randint(50, 2_000) for _ in range(self._random.randint(1, 4))]

    def _token(self, form: bytes) -> bytes:
        self._garbage += 1
        return form % self._garbage


def receipt(
    till: tuple[int, int], number: int, sold: datetime, cents: Sequence[int]
) -> dict[str, Any]:
    """A receipt of the contract with a line for each amount, without tax."""
    return receipts.receipt(number, *till, sold.strftime("%Y-%m-%d %H:%M:%S"), _lines(cents))


def _amounts(cents: Sequence[int]) -> dict[str, Any]:
    return receipts.amounts(_lines(cents))


def _lines(cents: Sequence[int]) -> list[dict[str, Any]]:
    return [_line(number, each) for number, each in enumerate(cents, 1)]


def _line(number: int, cents: int) -> dict[str, Any]:
    category = CATEGORIES[cents % len(CATEGORIES)]
    return receipts.line(number, "Baguette", category, "piece", cents, 1, tax_percentage=0)


#: What an extreme receipt has, by how many of its form came before.
_EXTREMES: tuple[Callable[[int], dict[str, Any]], ...] = (
    lambda count: {"cashReceiptID": str(10**19 + count)},
    lambda count: {"cashReceiptID": f"{count:064d}", "storeID": 2**63 - 1},
    lambda _: {"storeID": "Caf\u00e9/..#\u202e", "agentID": "None", "customerID": "0" * 64},
    # Of two stores each; the one's receipt is not the other's.
    lambda count: {"receiptUUID": f"{count // 2 + 1:032x}", "storeID": f"twin {count % 2}"},
    lambda _: {"transactionType": "void"},
    lambda count: _amounts([AMOUNT_LIMIT * 100, -AMOUNT_LIMIT * 100, count]),
    lambda _: _amounts([1] * LINES),
    lambda _: {
        "lines": [_line(2**31 - 1, 100) | {"quantity": QUANTITY_LIMIT, "taxPercentage": 100}]
    },
    lambda _: {"note": "x" * 100_000, "deep": msgspec.json.decode("[" * 60 + "]" * 60)},
)


def _posted(fields: dict[str, Any], day: date) -> Posted:
    store, till, number = (
        quote(str(fields[name]), safe=" ") for name in ("storeID", "terminalID", "cashReceiptID")
    )
    key = f"{fields['date']}/{store}/{till}/{number}"
    if "receiptUUID" in fields:
        key = f"{fields['date'][:10]}/{store}/uuid/{fields['receiptUUID']}"
    cents = round(fields["documentTotal"]["grossTotal"] * 100)
    sale = Sale(day.isoformat(), str(fields["storeID"]), cents)
    return Posted(key, sale, msgspec.json.encode(fields))
