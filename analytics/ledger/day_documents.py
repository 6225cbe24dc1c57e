"""The documents of `day_figures` as the ledger has them."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import nlargest

from analytics.ledger.store_days import StoreDays
from tillstream.currency_day import CurrencyDay
from tillstream.day_figures import (
    DayFiguresDocument,
    DayTotals,
    Figures,
    encode,
    store_id,
    totals_id,
)

#: The `_id` of the document that says how far the writer came. It has no `day`, as no figures have.
POSITION = "position"
#: Keys of a breakdown of the totals that a document has, those with the most revenue: with the
#: longest names all of them stay below MongoDB's 16 MiB.
MAX_KEYS = 5_000
#: Bytes of documents that are written together.
PIECE_BYTES = 8 * 1024 * 1024

_TOTALS = (
    "SELECT breakdown, key, receipts, units_milli, gross_minor, net_minor FROM totals"
    " WHERE day = ? AND currency = ?"
)


def documents(
    ledger: sqlite3.Connection,
    places: Iterable[tuple[CurrencyDay, str]],
    written_at: datetime,
    ledger_id: str,
) -> Iterator[DayFiguresDocument]:
    """Of each (day, store) its document; the totals of a day come with its chain (store "").

    No receipt is counted that does not change the chain's figures.
    """
    rows = StoreDays(ledger)
    for day, store in places:
        text = str(day)
        bodies: list[tuple[str, str | None, bytes]] = []
        if (body := rows.body(day, store)) is not None:
            bodies.append((store_id(text, store), store, body))
        if not store:
            bodies.append((totals_id(text), None, encode(totals(ledger, day))))
        for name, of, body in bodies:
            yield {
                "_id": name,
                "day": day.day.isoformat(),
                "currency": day.currency,
                "store": of,
                "body": body,
                "writtenAt": written_at,
                "ledger": ledger_id,
            }


def totals(ledger: sqlite3.Connection, day: CurrencyDay) -> DayTotals:
    """Every breakdown of a day; of more than MAX_KEYS keys those with the most revenue."""
    breakdowns: dict[str, dict[str, Figures]] = {}
    for breakdown, key, *figures in ledger.execute(_TOTALS, (day.ordinal(), day.currency)):
        breakdowns.setdefault(breakdown, {})[key] = Figures(*figures)
    for breakdown, keys in breakdowns.items():
        if len(keys) > MAX_KEYS:
            largest = nlargest(
                MAX_KEYS, keys.items(), lambda item: (abs(item[1].gross_minor), item[0])
            )
            breakdowns[breakdown] = dict(largest)
    return DayTotals(breakdowns)


def in_pieces(every: Iterable[DayFiguresDocument]) -> Iterator[list[DayFiguresDocument]]:
    """Documents, a few at a time: some PIECE_BYTES, or one that is larger."""
    piece: list[DayFiguresDocument] = []
    size = 0
    for each in every:
        piece.append(each)
        size += len(each["body"])
        if size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece
