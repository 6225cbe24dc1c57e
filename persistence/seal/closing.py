"""Makes a seal: the closing document of a till's business day. No I/O."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from persistence.seal import offline

#: Receipts of one seal, so that it fits a MongoDB document; a larger day has supplements.
MOST_RECEIPTS = 10_000

Seal = dict[str, Any]


def close(
    contents: Sequence[dict[str, Any]],
    head: Seal | None,
    earlier: Seal | None,
    supplement: int,
    sealed_at: datetime,
    key: str | None,
) -> Seal:
    """The seal of these receipts of one till, day and currency, which follows `head`.

    `contents` are in the order of sale; `earlier` is the till's last seal of their currency;
    `supplement` is 0 for the first seal of a day.
    """
    first, last = contents[0], contents[-1]
    currency = offline.currency_of(first)
    sums = offline.figures(contents)
    absolute = sums.pop("absoluteMinor")
    seal = {
        "version": 1,
        "store": first["store"],
        "till": first["till"],
        "sequence": head["sequence"] + 1 if head else 1,
        "businessDay": first["businessDay"],
        "supplement": supplement,
        **({} if currency == offline.CURRENCY else {"currency": currency}),
        "sealedAt": sealed_at.isoformat(timespec="milliseconds"),
        "firstNumber": first["number"],
        "lastNumber": last["number"],
        **sums,
        "perpetualGrossMinor": sums["grossMinor"] + _perpetual(earlier, "Gross"),
        "perpetualAbsoluteMinor": absolute + _perpetual(earlier, "Absolute"),
        "receipts": [
            {"key": each["key"], "number": each["number"], "hash": offline.digest(each)}
            for each in contents
        ],
        "previousHash": head["hash"] if head else offline.NOTHING_BEFORE,
    }
    seal["hash"] = offline.seal_hash(seal)
    if key:
        seal["signature"] = offline.sign(seal["hash"], key)
    return seal


def _perpetual(earlier: Seal | None, what: str) -> int:
    found: int = earlier[f"perpetual{what}Minor"] if earlier else 0
    return found
