"""Decodes messages of the log into columns. Pure."""

from collections.abc import Sequence

import numpy as np

from analytics.counting.columns import (
    AmountTable,
    Columns,
    DictionaryColumn,
    KeptColumns,
    LineFacts,
    ReceiptFacts,
    StoreFacts,
    TenderFacts,
)
from analytics.counting.dictionary_columns import amount_table, encoded
from analytics.counting.parts import (
    DecodedLine,
    DecodedTenders,
    decoded_line,
    decoded_tenders,
    rows,
)
from analytics.counting.tills import till_number
from tillstream.currencies import CURRENCY
from tillstream.currency_day import CurrencyDay
from tillstream.identity import key_digest
from tillstream.log.reader import LogMessage
from tillstream.outlines import Outlines, days, minor_of, parts_of
from tillstream.stores import StoreTable

#: The receipts of a batch that decode, their parts as they are counted.
_Receipts = Outlines[DecodedLine, DecodedTenders]


def read_columns(messages: Sequence[LogMessage], stores: StoreTable) -> Columns:
    """Every receipt of the messages that decodes, and the reasons of those that do not."""
    read = _Receipts(decoded_line, decoded_tenders)
    read.read(messages, stores)
    return _columns(read)._replace(
        undecodable=[(each.message, each.reason) for each in read.undecodable]
    )


# One comprehension for each column: a turn of it costs a third of a call and a tenth of a loop
# that does everything for a receipt.
def _columns(read: _Receipts) -> Columns:
    receipts, moments = read.receipts, read.moments
    stores = encoded([receipt.store_id for receipt in receipts])
    tills = encoded([(receipt.store_id, receipt.terminal_id) for receipt in receipts])
    received = np.array([receipt.received_time for receipt in receipts], np.float64)
    totals = [receipt.document_total for receipt in receipts]
    sold = np.array([each.unix_seconds for each in moments], np.float64)
    every = np.arange(len(receipts))
    when = _when(read)
    known_days, day_of_when = encoded([day for day, _ in when.values])
    day = DictionaryColumn(known_days, day_of_when[when.codes])

    known = read.lines.parts
    line_counts = [len(receipt.lines) for receipt in receipts]
    of_line = np.repeat(every, line_counts)
    line = np.fromiter(read.line_numbers, np.int64, len(read.line_numbers))
    line_amounts = rows([each.amounts for each in known])[line]
    line_facts, fact_of_line = encoded([each.facts for each in known])

    amounts = np.zeros((len(receipts), 3), np.int64)
    # The units of a receipt are those of its lines.
    np.add.at(amounts[:, 0], of_line, line_amounts[:, 0])
    exponents = read.exponents()
    amounts[:, 1] = minor_of([total.gross_total for total in totals], exponents)
    amounts[:, 2] = minor_of([total.net_total for total in totals], exponents)

    voids = np.array([receipt.transaction_type == "void" for receipt in receipts], np.bool_)
    late = received >= np.array([each.closes for each in moments])
    return Columns(
        tables={
            "receipts": amount_table(
                lambda when, kind, late, marks: ReceiptFacts(when[0], when[1], kind, late, marks),
                [
                    when,
                    DictionaryColumn(
                        ("sales", "returns", "voids"), np.where(voids, 2, amounts[:, 1] < 0)
                    ),
                    DictionaryColumn((False, True), late.astype(np.int64)),
                    encoded([receipt.marks for receipt in receipts]),
                ],
                every,
                amounts,
                single=True,
            ),
            "stores": amount_table(
                StoreFacts,
                [day, stores._replace(values=list(map(str, stores.values)))],
                every,
                amounts,
                single=True,
            ),
            "lines": amount_table(
                lambda day, facts: LineFacts(day, *facts),
                [
                    DictionaryColumn(known_days, day.codes[of_line]),
                    DictionaryColumn(line_facts, fact_of_line[line]),
                ],
                of_line,
                line_amounts,
            ),
            "tenders": _tenders(read, day),
        },
        kept=KeptColumns(
            last=np.minimum(sold, received),
            line=line,
            products=encoded([each.facts[2] for each in known]),
            names=encoded([each.name for each in known]),
            categories=encoded([each.facts[0] for each in known]),
        ),
        keys=[key_digest(receipt) for receipt in receipts],
        contents=read.contents(),
        seen_days=days(received),
        tills=DictionaryColumn(
            [(str(store), str(till)) for store, till in tills.values], tills.codes
        ),
        numbers=[till_number(receipt.cash_receipt_id) for receipt in receipts],
        sold=sold,
        received=received,
        messages=np.array(read.messages, np.int64),
        places=np.array(read.places, np.int64),
        undecodable=[],
    )


def _when(read: _Receipts) -> DictionaryColumn:
    """The day in its currency, and the hour, of each receipt."""
    if not read.currencies:
        when = encoded([(each.day, each.hour) for each in read.moments])
        return when._replace(values=[(CurrencyDay(day), hour) for day, hour in when.values])
    of_others = read.currencies.get
    return encoded(
        [
            (CurrencyDay(each.day, of_others(index, CURRENCY)), each.hour)
            for index, each in enumerate(read.moments)
        ]
    )


def _tenders(read: _Receipts, day: DictionaryColumn) -> AmountTable:
    known = read.tenders.parts
    lengths = np.array([len(each.mechanisms) for each in known], np.int64)
    of_tender, tender = parts_of(read.tender_numbers, lengths)
    mechanisms, mechanism = encoded([each for tenders in known for each in tenders.mechanisms])
    return amount_table(
        TenderFacts,
        [
            DictionaryColumn(day.values, day.codes[of_tender]),
            DictionaryColumn(mechanisms, mechanism[tender]),
        ],
        of_tender,
        rows([amounts for tenders in known for amounts in tenders.amounts])[tender],
    )
