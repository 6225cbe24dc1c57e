"""Decodes messages of the log into columns. Pure."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from analytics.counting.columns import (
    AmountTable,
    Columns,
    DictionaryColumn,
    Integers,
    LineFacts,
    ReceiptFacts,
    StoreFacts,
    TenderFacts,
)
from analytics.counting.dictionary_columns import amount_table, encoded
from analytics.counting.part_cache import PartCache, decoded_line, decoded_tenders, rows
from analytics.counting.tills import till_number
from tillstream.clock import Moment, moment
from tillstream.codec import decode_outline, decode_receipt, receipt_bodies
from tillstream.errors import UndecodableMessageError
from tillstream.identity import key_digest, outlined_content_digest
from tillstream.log.reader import LogMessage
from tillstream.money import MINOR_UNITS, minor_units
from tillstream.outline import StampedOutline
from tillstream.stores import StoreTable

#: Ordinal of 1970-01-01, to make a day's ordinal from Unix seconds.
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_SECONDS = 86_400

#: What a receipt that does not decode raises; a date before the year 1 in UTC is no time either.
_UNREADABLE = (UndecodableMessageError, ValueError, OverflowError)


class _Receipts:
    """The receipts of a batch that decode: an element of each list for each of them."""

    def __init__(self) -> None:
        self.receipts: list[StampedOutline] = []
        self.moments: list[Moment] = []
        #: Its tenders' index in `tenders`. Lines are one receipt after the other.
        self.tender_numbers: list[int] = []
        self.line_numbers: list[int] = []
        self.lines = PartCache(decoded_line)
        self.tenders = PartCache(decoded_tenders)
        #: Where it stands: its message, and its place in it.
        self.messages: list[int] = []
        self.places: list[int] = []


def read_columns(messages: Sequence[LogMessage], stores: StoreTable) -> Columns:
    """Every receipt of the messages that decodes, and the reasons of those that do not."""
    read = _Receipts()
    # Names of this function: an attribute would be looked up for each receipt.
    calendar, line_number, tenders_number = stores.calendar, read.lines, read.tenders
    undecodable: list[tuple[int, str]] = []
    for index, message in enumerate(messages):
        try:
            bodies = receipt_bodies(*message[1:])
        except UndecodableMessageError as error:
            undecodable.append((index, error.reason))
            continue
        for place, body in enumerate(bodies):
            try:
                receipt = decode_outline(body)
                when = moment(receipt.date, calendar(receipt.store_id))
                lines = [line_number[bytes(text)] for text in receipt.lines]
                tenders = tenders_number[bytes(receipt.settlements)]
            except _UNREADABLE as error:
                undecodable.append((index, _reason(body, error)))
                continue
            read.receipts.append(receipt)
            read.moments.append(when)
            read.line_numbers += lines
            read.tender_numbers.append(tenders)
            read.messages.append(index)
            read.places.append(place)
    return _columns(read)._replace(undecodable=undecodable)


def _reason(body: bytes, error: Exception) -> str:
    """Why a receipt does not decode; where in it, if a part of it does not."""
    try:
        decode_receipt(body)
    except UndecodableMessageError as whole:
        return str(whole)
    return str(error)


# One comprehension for each column: a turn of it costs a third of a call and a tenth of a loop
# that does everything for a receipt.
def _columns(read: _Receipts) -> Columns:
    receipts, moments = read.receipts, read.moments
    stores = encoded([receipt.store_id for receipt in receipts])
    tills = encoded([(receipt.store_id, receipt.terminal_id) for receipt in receipts])
    received = np.array([receipt.received_time for receipt in receipts], np.float64)
    totals = [receipt.document_total for receipt in receipts]
    every = np.arange(len(receipts))
    when = encoded([(each.day, each.hour) for each in moments])
    days, day_of_when = encoded([day for day, _ in when.values])
    day = DictionaryColumn(days, day_of_when[when.codes])

    known = read.lines.parts
    line_counts = [len(receipt.lines) for receipt in receipts]
    of_line = np.repeat(every, line_counts)
    line = np.fromiter(read.line_numbers, np.int64, len(read.line_numbers))
    line_amounts = rows([each.amounts for each in known])[line]
    line_facts, fact_of_line = encoded([each.facts for each in known])

    amounts = np.zeros((len(receipts), 3), np.int64)
    # The units of a receipt are those of its lines.
    np.add.at(amounts[:, 0], of_line, line_amounts[:, 0])
    amounts[:, 1] = _cents([total.gross_total for total in totals])
    amounts[:, 2] = _cents([total.net_total for total in totals])

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
                    DictionaryColumn(days, day.codes[of_line]),
                    DictionaryColumn(line_facts, fact_of_line[line]),
                ],
                of_line,
                line_amounts,
            ),
            "tenders": _tenders(read, day),
        },
        keys=[key_digest(receipt) for receipt in receipts],
        contents=_contents(read, line_counts),
        seen_days=(_EPOCH_DAY + received // _DAY_SECONDS).astype(np.int64),
        tills=DictionaryColumn(
            [(str(store), str(till)) for store, till in tills.values], tills.codes
        ),
        numbers=[till_number(receipt.cash_receipt_id) for receipt in receipts],
        sold=np.array([each.unix_seconds for each in moments], np.float64),
        received=received,
        messages=np.array(read.messages, np.int64),
        places=np.array(read.places, np.int64),
        undecodable=[],
    )


def _tenders(read: _Receipts, day: DictionaryColumn) -> AmountTable:
    known = read.tenders.parts
    lengths = np.array([len(each.mechanisms) for each in known], np.int64)
    number = np.array(read.tender_numbers, np.int64)
    count = lengths[number]
    of_tender = np.repeat(np.arange(len(number)), count)
    # Where the tenders of a receipt begin among all known ones, and how far on each row is.
    begin = (np.cumsum(lengths) - lengths)[number]
    tender = np.arange(len(of_tender)) + np.repeat(begin - (np.cumsum(count) - count), count)
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


def _contents(read: _Receipts, line_counts: list[int]) -> list[bytes]:
    of_line = [each.content for each in read.lines.parts]
    of_tenders = [each.content for each in read.tenders.parts]
    lines = [of_line[number] for number in read.line_numbers]
    ends = np.cumsum(line_counts).tolist()
    return [
        outlined_content_digest(
            receipt,
            lines[end - count : end],
            of_tenders[tenders],
            customer_erased=receipt.customer_erased,
        )
        for receipt, count, end, tenders in zip(
            read.receipts, line_counts, ends, read.tender_numbers, strict=True
        )
    ]


def _cents(euros: list[float]) -> Integers:
    """As `minor_units` rounds each of them; that is only called near a tie."""
    scaled = np.array(euros, np.float64) * MINOR_UNITS
    nearest = np.rint(scaled)
    cents = nearest.astype(np.int64)
    for index in np.flatnonzero(np.abs(scaled - nearest) >= 0.49):
        cents[index] = minor_units(euros[index])
    return cents
