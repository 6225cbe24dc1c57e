"""Where a page ended, as an opaque text that belongs to one question. No I/O.

A cursor is a position in the order of the receipts, not a number of receipts: what is stored
meanwhile moves nothing. It holds no secret and opens nothing, since each page is asked for with
its own key; the digest tells a cursor that was altered, cut, or sent with another question.
"""

import base64
import binascii
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from persistence.api import problems
from persistence.api.parameters import ReceiptsQuestion, day_of, time_of
from tillstream.clock import milliseconds, of_milliseconds
from tillstream.earlier_keys import todays_key

_DIGEST_BYTES = 8

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[int, str, str])


class Position(NamedTuple):
    """The last receipt of a page: its event time, its key and its business day."""

    date: datetime
    key: str
    #: `YYYY-MM-DD`.
    business_day: str


def cursor_text(position: Position, question: ReceiptsQuestion) -> str:
    """The cursor with which `question` goes on after `position`."""
    payload = _encode((milliseconds(position.date), position.key, position.business_day))
    return base64.urlsafe_b64encode(_digest(payload, question) + payload).rstrip(b"=").decode()


def position_of(cursor: str, question: ReceiptsQuestion) -> Position:
    """The position of a cursor; raises ProblemError for one that is not of this question."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        digest, payload = packed[:_DIGEST_BYTES], packed[_DIGEST_BYTES:]
        if digest != _digest(payload, question):
            raise problems.wrong_cursor()
        moment, key, day = _decoder.decode(payload)
        position = Position(of_milliseconds(moment), key, day)
        # Several texts decode to the same bytes; only the one that we gave is a cursor.
        if cursor_text(position, question) != cursor:
            raise problems.wrong_cursor()
    except (ValueError, binascii.Error, msgspec.DecodeError, OverflowError) as error:
        raise problems.wrong_cursor() from error
    # One that was given before keys began with their day goes on where it was.
    return position._replace(key=todays_key(position.key))


def _digest(payload: bytes, question: ReceiptsQuestion) -> bytes:
    first, end = time_of(question.first), time_of(question.end)
    first_day, end_day = day_of(question.first), day_of(question.end)
    # Another order or form of these would refuse every cursor that was given before.
    asked = (
        question.stores,
        question.till,
        first and first.timestamp(),
        end and end.timestamp(),
        first_day and first_day.isoformat(),
        end_day and end_day.isoformat(),
        question.category,
        question.payment,
        question.min_total,
        question.sort,
    )
    return blake2b(_encode(asked) + payload, digest_size=_DIGEST_BYTES).digest()
