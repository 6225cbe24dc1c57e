"""Where a page ended, as an opaque text that belongs to one question. No I/O.

A cursor is a position in the order of the receipts, not a number of receipts: what is stored
meanwhile moves nothing.
"""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from persistence.api import problems, sealed
from persistence.api.parameters import ReceiptsQuestion, day_of, time_of
from tillstream.clock import milliseconds, of_milliseconds
from tillstream.earlier_keys import todays_key

_decoder = msgspec.msgpack.Decoder(tuple[int, str, str])


class Position(NamedTuple):
    """The last receipt of a page: its event time, its key and its business day."""

    date: datetime
    key: str
    #: `YYYY-MM-DD`.
    business_day: str


def cursor_text(position: Position, question: ReceiptsQuestion) -> str:
    """The cursor with which `question` goes on after `position`."""
    payload = sealed.encode((milliseconds(position.date), position.key, position.business_day))
    return sealed.seal(payload, _asked(question))


def position_of(cursor: str, question: ReceiptsQuestion) -> Position:
    """The position of a cursor; raises ProblemError for one that is not of this question."""
    payload = sealed.opened(cursor, _asked(question))
    try:
        moment, key, day = _decoder.decode(payload)
        position = Position(of_milliseconds(moment), key, day)
    except (ValueError, msgspec.DecodeError, OverflowError) as error:
        raise problems.wrong_cursor() from error
    # One that was given before keys began with their day goes on where it was.
    return position._replace(key=todays_key(position.key))


def _asked(question: ReceiptsQuestion) -> Any:
    first, end = time_of(question.first), time_of(question.end)
    first_day, end_day = day_of(question.first), day_of(question.end)
    # Another order or form of these would refuse every cursor that was given before.
    return (
        question.stores,
        question.till,
        first and first.timestamp(),
        end and end.timestamp(),
        first_day and first_day.isoformat(),
        end_day and end_day.isoformat(),
        question.category,
        question.payment,
        question.min_total_minor,
        question.sort,
        *([question.currency] if question.currency else ()),
    )
