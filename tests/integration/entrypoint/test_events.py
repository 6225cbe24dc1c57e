"""Events by every format: 2xx means durable in the log, in the columns of the definition."""

from collections.abc import Callable

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.streams.message import EventMessage, decode

HEADER = (
    "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
)
ROW = "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d7"
EVENT = {
    "event_time": "2019-10-01T00:00:00Z",
    "event_type": "view",
    "product_id": 44600062,
    "category_id": 2103807459595387724,
    "brand": "shiseido",
    "price": 35.79,
    "user_id": 541312140,
    "user_session": "72d7",
}
TRAVELS = EVENT | {"event_time": 1569888000000000, "category_code": None, "price": 3579}

Sent = Callable[[], list[EventMessage]]


@pytest.fixture
def sent(broker: BlockingConnection) -> Sent:
    """Takes what is published to `events` from the beginning of the test on."""
    channel = broker.channel()
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, topology.EVENTS)

    def take() -> list[EventMessage]:
        found: list[EventMessage] = []

        def look() -> bool:
            while True:
                method, properties, body = channel.basic_get(queue, auto_ack=True)
                if method is None:
                    return bool(found)
                assert 2 == properties.delivery_mode
                found.append(decode(body, properties.content_type, properties.content_encoding))

        wait_until(look, 5, "a message of events")
        return found

    return take


def test_one_event_is_durable(door: httpx.Client, sent: Sent) -> None:
    answer = door.post("/events/shop", json=EVENT)

    assert (202, {"accepted": 1, "refused": 0}) == (answer.status_code, answer.json())
    [message] = sent()
    assert ("shop", 1, [TRAVELS]) == (
        message.stream,
        message.version,
        message.events.to_pylist(),
    )


def test_a_csv_of_which_a_row_is_wrong(door: httpx.Client, sent: Sent) -> None:
    wrong = ROW.replace("35.79", "35.791")

    answer = door.post(
        "/events/shop",
        content=f"{HEADER}\n{ROW}\n{wrong}\n{ROW}",
        headers={"Content-Type": "text/csv"},
    )

    assert 207 == answer.status_code
    assert {
        "accepted": 2,
        "refused": 1,
        "errors": [
            {
                "line": 3,
                "column": "price",
                "rule": "places",
                "message": "'35.791' has more than 2 decimal places; round it",
            }
        ],
    } == answer.json()
    assert [TRAVELS, TRAVELS] == [row for message in sent() for row in message.events.to_pylist()]


def test_an_unknown_stream_is_told_the_streams(door: httpx.Client) -> None:
    answer = door.post("/events/shops", json=EVENT)

    problem = answer.json()
    assert (404, "urn:tillstream:problem:unknown-stream", ["shop", "track"]) == (
        answer.status_code,
        problem["type"],
        problem["streams"],
    )
