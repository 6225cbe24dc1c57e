"""What AMQP brings in any pieces is what was sent: messages in order, and every other frame."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import frame, spec
from pika.compat import long
from pika.exceptions import InvalidFrameError

from tillstream.log.deliveries import Deliveries
from tillstream.log.reader import LogMessage

CHANNEL = 1
#: Bytes of a body that a frame holds.
FRAME_BODY = 40

short_strings = st.none() | st.text(max_size=20)


@st.composite
def sent(draw: st.DrawFn) -> tuple[LogMessage, spec.BasicProperties]:
    """A message, and the properties with which the broker sends it."""
    content_type, content_encoding = draw(short_strings), draw(short_strings)
    offset = draw(st.integers(0, 2**63 - 1))
    body = draw(st.binary(max_size=3 * FRAME_BODY))
    own: dict[str, Any] = draw(
        st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(0, 9))
    )
    ours = {"x-stream-offset": of_64_bits(offset)}
    headers = own | ours if draw(st.booleans()) else ours | own
    properties = spec.BasicProperties(
        content_type=content_type,
        content_encoding=content_encoding,
        headers=headers,
        delivery_mode=draw(st.none() | st.just(2)),
        message_id=draw(short_strings),
    )
    return LogMessage(offset, body, content_type, content_encoding), properties


def of_64_bits(value: int) -> int:
    """As the broker writes an offset: always in 64 bits."""
    wide: int = long(value)
    return wide


def opened() -> Deliveries:
    deliveries = Deliveries()
    deliveries.channel = CHANNEL
    return deliveries


def frames(tag: int, message: LogMessage, properties: spec.BasicProperties) -> bytes:
    """A delivery on the wire."""
    method = spec.Basic.Deliver("ctag1.x", tag, False, "receipts", "")
    parts = [
        frame.Method(CHANNEL, method).marshal(),
        frame.Header(CHANNEL, len(message.body), properties).marshal(),
    ]
    parts += [
        frame.Body(CHANNEL, message.body[at : at + FRAME_BODY]).marshal()
        for at in range(0, len(message.body), FRAME_BODY)
    ]
    return b"".join(parts)


@given(st.lists(sent(), max_size=5), st.integers(1, 200))
def test_messages_are_the_same_in_pieces_of_any_size(
    messages: list[tuple[LogMessage, spec.BasicProperties]], piece: int
) -> None:
    data = b"".join(frames(tag, *each) for tag, each in enumerate(messages, 1))
    deliveries, read = opened(), []

    for at in range(0, len(data), piece):
        read += deliveries.feed(data[at : at + piece])

    assert read == [message for message, _ in messages]
    assert deliveries.others == []


def test_a_message_comes_when_it_is_whole() -> None:
    properties = spec.BasicProperties(headers={"x-stream-offset": of_64_bits(7)})
    data = frames(1, LogMessage(7, b"{}", None), properties)
    deliveries = opened()

    assert deliveries.feed(data[:-1]) == []
    assert deliveries.feed(data[-1:]) == [LogMessage(7, b"{}", None)]


def test_what_comes_on_another_channel_is_left_out() -> None:
    properties = spec.BasicProperties(headers={"x-stream-offset": of_64_bits(7)})
    message = LogMessage(7, b"{}", None)
    deliveries = opened()
    data = frames(1, message, properties)

    deliveries.channel = CHANNEL + 1
    assert deliveries.feed(data) == []
    deliveries.channel = CHANNEL
    assert deliveries.feed(data) == [message]


def test_a_message_that_ended_amid_its_body_leaves_nothing_to_the_next_channel() -> None:
    cut = LogMessage(6, b"x" * (2 * FRAME_BODY), None)
    whole = LogMessage(7, b"{}", None)
    deliveries = opened()
    data = frames(1, cut, spec.BasicProperties(headers={"x-stream-offset": of_64_bits(6)}))

    assert deliveries.feed(data[:-FRAME_BODY]) == []
    deliveries.channel = CHANNEL + 1
    assert deliveries.feed(data[-FRAME_BODY:]) == []
    deliveries.channel = CHANNEL
    again = frames(1, whole, spec.BasicProperties(headers={"x-stream-offset": of_64_bits(7)}))
    assert deliveries.feed(again) == [whole]


def test_other_frames_are_kept_for_the_reader() -> None:
    deliveries = opened()

    deliveries.feed(frame.Method(0, spec.Connection.Close(320, "going down", 0, 0)).marshal())

    [other] = deliveries.others
    assert isinstance(other, frame.Method)
    assert other.method.reply_code == 320


def test_a_frame_that_does_not_end_where_it_says_is_refused() -> None:
    data = frame.Heartbeat().marshal()

    with pytest.raises(InvalidFrameError):
        opened().feed(data[:-1] + b"\x00")
