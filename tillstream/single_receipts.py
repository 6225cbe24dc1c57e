"""The receipts of messages one by one, to find out which of them is to blame. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from tillstream.codec import JSON, receipt_bodies
from tillstream.errors import UndecodableMessageError
from tillstream.log.reader import LogMessage
from tillstream.outlines import WHOLE_MESSAGE


class SingleReceipt(NamedTuple):
    """One receipt as a message of its own, and its place in the message that it came in."""

    message: LogMessage
    #: WHOLE_MESSAGE of one that no receipt can be read of.
    place: int


def single_receipts(
    messages: Sequence[LogMessage], places: Sequence[int] | None = None
) -> list[SingleReceipt]:
    """Every receipt of the messages by itself; of which none can be read, the message.

    `places`: of messages that are receipts of others already, their places there.
    """
    if places is not None:
        return list(map(SingleReceipt, messages, places))
    found: list[SingleReceipt] = []
    for message in messages:
        try:
            bodies = receipt_bodies(*message[1:4])
        except UndecodableMessageError:
            found.append(SingleReceipt(message, WHOLE_MESSAGE))
            continue
        found += [
            SingleReceipt(LogMessage(message.offset, body, JSON), place)
            for place, body in enumerate(bodies)
        ]
    return found
