"""What a sender said of a message goes on with it, to another process too."""

import msgspec
from pika.compat import long

from tillstream.log.reader import sent_headers


def test_headers_are_what_was_sent_in_integers_that_travel() -> None:
    headers = {"x-stream-offset": long(7), "received_us": long(5), "topic": "", "kept": True}

    sent = sent_headers(headers)

    assert {"received_us": 5, "topic": "", "kept": True} == sent
    assert sent == msgspec.msgpack.decode(msgspec.msgpack.encode(sent))
