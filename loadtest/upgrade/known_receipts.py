"""Receipts that both versions are sent: single ones, repetitions, a conflict, a void."""

from typing import Any, NamedTuple

from loadtest.receipts import line, receipt

SINGLE = 20
#: A store of its own: the generator of no version has it.
STORE = 990
DATE = "2026-11-20 09:15:00"
_BREAD = ("Pain de campagne", "Pain", "piece", 265)


class Sent(NamedTuple):
    """What is sent, and what comes of it."""

    receipts: list[dict[str, Any]]
    counted: int
    duplicates: int
    conflicts: int


def known() -> Sent:
    """SINGLE receipts and a void; two of them come again, and one with other content."""
    single = [
        receipt(number, STORE, 1, DATE, [line(1, *_BREAD, number)])
        for number in range(1, SINGLE + 1)
    ]
    void = receipt(SINGLE + 1, STORE, 1, DATE, [line(1, *_BREAD, -1)]) | {"transactionType": "void"}
    conflict = single[2] | {"agentID": 9}
    return Sent([*single, void, *single[:2], conflict], SINGLE + 1, 2, 1)
