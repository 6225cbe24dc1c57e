"""Every conversion that was stored against the truth about it."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from bson.decimal128 import Decimal128
from pymongo import MongoClient

from tillstream.runtime.settings import DATABASE
from tillstream.streams.definition import Attribution

#: Conversions that are named in an error.
_NAMED = 5


class Compared(NamedTuple):
    """How many conversions are as the truth has them."""

    right: int
    #: Of those that nothing late touches.
    wrong: int
    #: Of those that came late, or have a touch that did: a recount mends them.
    wrong_late: int
    missing: int
    #: Some of those that are wrong, with what was found.
    examples: list[str]


def compared(mongo_url: str, attribution: Attribution, truth: Path) -> Compared:
    """Each conversion of the file with its document."""
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
    with client:
        rows = client[attribution.database or DATABASE][attribution.collection_name]
        found = {str(row["_id"]): row for row in rows.find()}
    counts: Counter[str] = Counter()
    examples: list[str] = []
    with truth.open() as file:
        for true in csv.DictReader(file):
            row = found.get(true["purchase_id"])
            kind = _kind(true, row)
            counts[kind] += 1
            if kind != "right" and len(examples) < _NAMED:
                examples.append(f"{kind}: {true} is {row}")
    return Compared(
        counts["right"], counts["wrong"], counts["wrong_late"], counts["missing"], examples
    )


def _kind(true: dict[str, str], row: dict[str, Any] | None) -> str:
    if row is None:
        return "missing"
    expected = (true["first_touch"] or None, int(true["touches"]), true["total"], true["profit"])
    stored = (row["click_id"], row["touches"], _text(row["total"]), _text(row["profit"]))
    if expected == stored and row["is_final"]:
        return "right"
    late = true["is_late"] == "1" or true["late_touches"] != "0"
    return "wrong_late" if late else "wrong"


def _text(value: object) -> str | None:
    return f"{value.to_decimal():f}" if isinstance(value, Decimal128) else None
