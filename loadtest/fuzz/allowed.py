"""Receipts that the contract allows, drawn from the whole of its range, its edges most of all."""

import random
from collections.abc import Sequence
from typing import Any

from loadtest.fuzz import contract
from loadtest.fuzz.reference import THOUSANDTHS
from loadtest.fuzz.stores import DAYS, STORES
from tillstream.bounds import AMOUNT_LIMIT, THOUSANDTHS_LIMIT

Receipt = dict[str, Any]

#: Texts that something on the way has tripped over, or may.
TEXTS = (
    "Baguette tradition",
    "Pâte d'amande",
    "e\u0301clair",
    "🥐",
    "مخبز",
    "パン",
    "\uff1d1+1",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "CB;=1+1",
    'a"b',
    "a,b",
    "a|b",
    "a\\b",
    "%2F",
    "<b>&amp;</b>",
    "../..",
    "#",
    "a.b",
    "$x",
    "None",
    "null",
    "true",
    "NaN",
    "0",
    "-0",
    "1e5",
    "1_0",
    "a\u00a0b",
    "a\u2028b",
    "a\u202eb",
    "\ufeffx",
    "\uffff",
    "ß",
    "İ",
)
#: Where a text is free, it may have these as well.
FREE_TEXTS = ("", " ", " padded ", "a\nb", "a\r\nb", "a\tb", "\x1b[31m", "\x7f")
CATEGORIES = ("Pain", "Viennoiserie", "Boisson")
MECHANISMS = ("CB", "Espèces", "Ticket restaurant")
#: Most receipts that name a currency are in these, of each number of decimals: every other one is
#: another sum of its day, which every place is asked for.
CURRENCIES = ("EUR", "CHF", "JPY", "KWD")
RATES = (0, 5.5, 10, 20, 1.05, 2.1, 0.01, 99.99, 100, 33.333, 0.005, -0.0, 5.50)
#: Fields of a till's own, which nobody has to know.
EXTRAS: tuple[tuple[str, Any], ...] = (
    ("shop", {"name": "Rue X", "zip": "75001"}),
    ("_id", 1),
    ("raw", "x"),
    ("key", "1/1/1/2026"),
    ("$where", None),
    ("a.b", [1.5, None, True]),
    ("", ""),
    ("marks", ["sum-net"]),
    ("receivedTime", 0),
    ("traceID", 7),
    ("businessDay", "1999-01-01"),
    ("long", "é" * 3_000),
)
OFFSETS = ("Z", "+00:00", "+01:00", "-05:00", "+14:00", "-12:00", "+0530", "+23:59", "-23:59")
#: Where in a day something happens: its ends, cutoffs, and where clocks change.
TIMES = (
    "00:00:00",
    "01:30:00",
    "01:59:59",
    "02:00:00",
    "02:30:00",
    "02:59:59",
    "03:00:00",
    "03:59:59",
    "04:00:00",
    "08:00:01",
    "22:59:59",
    "23:00:00",
    "23:59:59",
)


class Allowed:
    """Makes receipts, each other than the ones before, by a source of randomness."""

    def __init__(self, luck: random.Random, days: Sequence[str] = DAYS, first: int = 0) -> None:
        """`first` keeps the numbers of several makers apart."""
        self._luck = luck
        self._days = days
        self._number = first
        top = contract.schema()["properties"]
        self._line = top["lines"]["items"]["properties"]
        self._most_lines = int(top["lines"]["maxItems"])
        self._tender = top["settlements"]["items"]["properties"]
        self._most_tenders = int(top["settlements"]["maxItems"])
        self._total = top["documentTotal"]["properties"]
        self._codes: list[str] = contract.options(top["currency"])[0]["enum"]
        self._top = top
        #: Largest amount of the currency that the receipt is in.
        self._limit = float(AMOUNT_LIMIT)

    def receipt(self) -> Receipt:
        """One more."""
        luck = self._luck
        self._number += 1
        currency = self._currency()
        self._limit = THOUSANDTHS_LIMIT if currency in THOUSANDTHS else AMOUNT_LIMIT
        lines = [self._a_line(number) for number in range(self._how_many(self._most_lines))]
        found: Receipt = {
            "cashReceiptID": self._own_number(),
            "storeID": self._store(),
            "terminalID": luck.choice((1, 2, "1", "T/1", "Kasse 9")),
            "agentID": self._identifier(self._top["agentID"]),
            "customerID": self._identifier(self._top["customerID"]),
            "date": self.date(),
            "lines": lines,
            "documentTotal": {name: self._amount(each) for name, each in self._total.items()},
            "settlements": [
                {
                    "paymentMechanism": self._name(MECHANISMS, self._tender["paymentMechanism"]),
                    "settlementAmount": self._amount(self._tender["settlementAmount"]),
                }
                for _ in range(self._how_many(self._most_tenders))
            ],
        }
        if luck.random() < 0.2:
            found["transactionType"] = luck.choice(
                (None, "void", "sale", "Void", *self._texts(self._top["transactionType"]))
            )
        if luck.random() < 0.2:
            found["receiptUUID"] = self._uuid()
        if currency is not None or luck.random() < 0.1:
            found["currency"] = currency
        if luck.random() < 0.1:
            name, value = luck.choice(EXTRAS)
            found[name] = value
        return found

    def _currency(self) -> str | None:
        """None, or one of a few, so that days have several receipts in each; any now and then."""
        luck = self._luck
        if luck.random() < 0.6:
            return None
        return luck.choice(self._codes if luck.random() < 0.02 else CURRENCIES)

    def date(self) -> str:
        """A date as a till writes it."""
        luck = self._luck
        day = luck.choice(self._days)
        time = luck.choice(TIMES) if luck.random() < 0.7 else self._any_time()
        fraction = ""
        if luck.random() < 0.3:
            digits = luck.randrange(1, 10)
            fraction = "." + luck.choice(("0" * digits, "9" * digits, "1234567891"[:digits]))
        offset = luck.choice(OFFSETS) if luck.random() < 0.25 else ""
        if day in ("1900-01-01", "2999-12-31") and offset not in ("", "Z", "+00:00", "+01:00"):
            offset = ""  # the ends themselves are tried value by value
        return f"{day}{luck.choice(' T')}{time}{fraction}{offset}"

    def _any_time(self) -> str:
        luck = self._luck
        return f"{luck.randrange(24):02d}:{luck.randrange(60):02d}:{luck.randrange(60):02d}"

    def _how_many(self, most: int) -> int:
        draw = self._luck.random()
        if draw < 0.0005:
            return most
        return 0 if draw < 0.02 else self._luck.choice((1, 1, 1, 2, 3, 5))

    def _own_number(self) -> str | int:
        luck, number = self._luck, self._number
        form = luck.randrange(8)
        if form == 0:
            return 2**63 - 1 - number
        if form == 1:
            return f"{20261128080001000000 + number}"  # more than 64 bits
        if form == 2:
            return f"{number}/{luck.choice(self._texts(self._top['cashReceiptID']))}"[:64].strip()
        if form == 3:
            return f"{number:064d}"
        return str(number) if form == 4 else number

    def _store(self) -> str | int:
        name = self._luck.choice(STORES).name
        if isinstance(name, int) and self._luck.random() < 0.3:
            return str(name)
        return name

    def _identifier(self, schema: contract.Schema) -> str | int | None:
        luck = self._luck
        form = luck.randrange(6)
        if form == 0 and "null" in contract.types(schema):
            return None
        if form == 1:
            (whole,) = [each for each in contract.options(schema) if each["type"] == "integer"]
            return luck.choice((int(whole["minimum"]), int(whole["maximum"])))
        if form == 2:
            (text,) = [each for each in contract.options(schema) if each["type"] == "string"]
            return luck.choice(self._texts(text))
        return luck.choice((1, 11, "11", "4", 4))

    def _name(self, usual: Sequence[str], schema: contract.Schema) -> str:
        return self._luck.choice(usual if self._luck.random() < 0.7 else self._texts(schema))

    def _texts(self, schema: contract.Schema) -> list[str]:
        """Odd texts that a field takes, its longest among them."""
        (text,) = [each for each in contract.options(schema) if each["type"] == "string"]
        longest = self._luck.choice("xé🥐") * int(text.get("maxLength", 64))
        return [each for each in (*TEXTS, longest) if contract.matches(text, each)]

    def _free(self, schema: contract.Schema) -> str:
        if self._luck.random() < 0.1:
            return self._luck.choice(FREE_TEXTS)
        return self._name(("Baguette", "piece"), schema)

    def _amount(self, schema: contract.Schema) -> float:
        luck = self._luck
        least = max(float(schema["minimum"]), -self._limit)
        most = min(float(schema["maximum"]), self._limit)
        form = luck.randrange(12)
        if form == 0:
            return luck.choice((least, most))
        if form == 1:
            return luck.choice((0, 0.0, -0.0 if least <= 0 else 0.0))
        if form == 2:
            return round(luck.uniform(least, most), luck.randrange(0, 7))
        if form == 3:  # ties, and what lies beside them
            return max(least, luck.choice((0.005, 0.015, 1.005, 1.015, -2.675, 0.1 + 0.2, 1e-9)))
        if form == 4:
            return max(least, float(-luck.randrange(1, 50)))
        return luck.randrange(0, 5_000) / 100

    def _a_line(self, number: int) -> Receipt:
        luck, line = self._luck, self._line
        most = int(line["lineNumber"]["maximum"])
        made: Receipt = {
            "lineNumber": luck.choice((number + 1, number + 1, number + 1, 0, most)),
            "productCode": self._identifier(line["productCode"]),
            "productDescription": self._free(line["productDescription"]),
            "productCategoryCode": self._identifier(line["productCategoryCode"]),
            "productCategoryName": self._name(CATEGORIES, line["productCategoryName"]),
            "quantity": self._amount(line["quantity"]),
            "unitOfMeasure": self._free(line["unitOfMeasure"]),
            "unitPrice": self._amount(line["unitPrice"]),
            "creditAmount": self._amount(line["creditAmount"]),
            "taxPercentage": luck.choice(RATES),
            "settlementAmount": self._amount(line["settlementAmount"]),
        }
        # A field that the contract gets one day is drawn from its schema.
        for name in line.keys() - made.keys():
            made[name] = luck.choice(contract.Field((name,), line[name], True).inside())
        return made

    def _uuid(self) -> str:
        text = f"{self._luck.getrandbits(96) + 1:024x}{self._number % 2**32:08x}"
        if self._luck.random() < 0.5:
            return text.upper()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
