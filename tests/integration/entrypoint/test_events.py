"""Events by every format: 2xx means durable in the log, in the columns of the definition."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jsonschema
import pytest
import zstandard
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.processes import running_door
from tests.support.waiting import wait_until
from tillstream import topology
from tillstream.http.keys import key_file
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
#: The streams of the repository that senders may post to.
POSTED_TO = {
    *("shop", "track", "users", "clicks", "purchases", "customers", "products"),
    *("transactions", "product_views", "user_interactions", "system_logs"),
}

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

        wait_until(look, 20, "a message of events")
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


@pytest.mark.parametrize("path", ["/events/shop", "/track"])
def test_a_line_break_in_a_text_of_one_event_is_no_json(door: httpx.Client, path: str) -> None:
    body = b'{"event_type": "view",\n "user_session": "a\nb"}'
    answer = door.post(path, content=body, headers={"Content-Type": "application/json"})

    assert 400 == answer.status_code, answer.text
    assert "byte 42" in answer.json()["detail"]


def test_a_cloudevent_is_not_taken_without_its_identity(door: httpx.Client) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "7", "ce-source": "/shop", "ce-type": "view"}
    answer = door.post("/events/shop", json=EVENT, headers=headers)

    assert (415, "cloudevents = true") == (
        answer.status_code,
        answer.json()["detail"][-19:-1],
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
        "quarantined": 1,
        "errors": [
            {
                "line": 3,
                "column": "price",
                "rule": "places",
                "message": "'35.791' has more than 2 decimal places; round it",
            }
        ],
    } == answer.json()
    rows = [
        row for message in sent() if message.stream == "shop" for row in message.events.to_pylist()
    ]
    assert [TRAVELS, TRAVELS] == rows


def test_an_unknown_stream_is_told_the_streams(door: httpx.Client) -> None:
    answer = door.post("/events/shops", json=EVENT)

    problem = answer.json()
    assert (404, "urn:tillstream:problem:unknown-stream", POSTED_TO) == (
        answer.status_code,
        problem["type"],
        set(problem["streams"]),
    )


def test_track_answers_that_the_event_is_created(door: httpx.Client, sent: Sent) -> None:
    event = {"user_id": 7, "app_name": "shop", "event_action": None, "event_category": "page"}

    answer = door.post("/track", json=event)

    assert (201, {"detail": "Event created"}) == (answer.status_code, answer.json())
    [message] = sent()
    [row] = message.events.to_pylist()
    assert message.received_us == row.pop("event_time")
    assert event | {"event_value": None} == row


def test_a_retry_of_track_with_an_idempotency_key_is_the_same_event(
    door: httpx.Client, sent: Sent
) -> None:
    event = {"user_id": 7, "app_name": "shop", "event_category": "page"}
    headers = {"Idempotency-Key": "track-retry"}

    answers = [door.post("/track", json=event, headers=headers) for _ in range(2)]
    other = door.post("/track", json=event | {"user_id": 8}, headers=headers)

    assert [201, 201, 409] == [answer.status_code for answer in (*answers, other)]
    # Its event time is the door's clock: what tells the two apart from two events is their body.
    assert 1 == len({row["body"] for message in sent() for row in message.events.to_pylist()})


@pytest.mark.parametrize("header", ["X-Token", "Authorization"])
def test_track_wants_a_key_where_keys_are_on(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path, header: str
) -> None:
    _, key = key_file(tmp_path).add("page", (), datetime.now(UTC))
    event = {"user_id": 7, "app_name": "shop", "event_category": "page"}
    prefix = "" if header == "X-Token" else "Bearer "
    with running_door(amqp_url, DATA_DIR=str(tmp_path), API_KEYS="on") as url:
        answers = [
            httpx.post(f"{url}/track", json=event, headers=headers).status_code
            for headers in ({}, {header: f"{prefix}till_x_y"}, {header: f"{prefix}{key}"})
        ]

    assert [401, 401, 201] == answers


def test_every_stream_takes_its_own_example(door: httpx.Client) -> None:
    names = [stream["name"] for stream in door.get("/streams").json()["streams"]]

    for name in names:
        said = door.get(f"/streams/{name}").json()
        jsonschema.validate(said["example"], said["schema"])
        answer = door.post(said["path"], json=said["example"])

        assert (name, 202) == (name, answer.status_code), answer.text


def test_refused_rows_are_kept_in_the_quarantine(door: httpx.Client, sent: Sent) -> None:
    wrong = ROW.replace("view", "gaze")

    answer = door.post(
        "/events/shop",
        content=f"{HEADER}\n{wrong}\n",
        headers={"Content-Type": "text/csv"},
    )

    assert (422, 1) == (answer.status_code, answer.json()["quarantined"])
    [message] = sent()
    [row] = message.events.to_pylist()
    del row["event_time"]
    assert (
        "quarantine",
        {
            "stream": "shop",
            "format": "text/csv",
            "line": 2,
            "field": "event_type",
            "rule": "enum",
            "row": wrong,
            "truncated": False,
            "header": HEADER,
        },
    ) == (message.stream, row)


def test_a_refused_row_of_several_lines_is_kept_whole(door: httpx.Client, sent: Sent) -> None:
    wrong = ROW.replace("view", '"gaze,\nand more"')

    door.post(
        "/events/shop",
        content=f"{HEADER}\n{ROW}\n{wrong}\n{ROW}\n",
        headers={"Content-Type": "text/csv"},
    )

    [kept] = [m.events.to_pylist() for m in sent() if m.stream == "quarantine"]
    assert [(3, "enum", wrong)] == [(row["line"], row["rule"], row["row"]) for row in kept]


def test_a_body_with_a_key_makes_the_same_parts_whenever_it_comes(
    door: httpx.Client, sent: Sent
) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "k"}
    other = headers | {"Idempotency-Key": "other"}
    body = "\n".join([HEADER, *[ROW] * 5])

    statuses = [
        door.post("/events/shop", content=body, headers=headers).status_code,
        door.post("/events/shop", content=body, headers=other).status_code,
        door.post("/events/shop", content=body + "\n" + ROW, headers=other).status_code,
    ]

    assert [202, 202, 409] == statuses
    bodies = [set(message.events["body"].to_pylist()) for message in sent()]
    assert [1, 1] == [len(found) for found in bodies]
    assert bodies[0] != bodies[1]


def test_another_body_that_a_door_which_has_forgotten_the_key_takes_is_no_repetition(
    door: httpx.Client, amqp_url: str, tmp_path: Path, sent: Sent
) -> None:
    def post(client: httpx.Client, body: str, **headers: str) -> int:
        headers = {"Content-Type": "text/csv", "Idempotency-Key": "k"} | headers
        return client.post("/events/shop", content=body, headers=headers).status_code

    one, other = f"{HEADER}\n{ROW}", f"{HEADER}\n{ROW}\n{ROW}"
    (tmp_path / "other").mkdir()
    by_key = {"Idempotency-By": "key", "Idempotency-Key": "row"}
    with (
        running_door(amqp_url, DATA_DIR=str(tmp_path / "other")) as url,
        httpx.Client(base_url=url, timeout=10) as forgetful,
    ):
        statuses = [
            *(post(door, one), post(forgetful, other)),
            *(post(door, one, **by_key), post(forgetful, other, **by_key)),
        ]

    assert [202] * 4 == statuses
    first, second, row, mended = [message.events["body"][0].as_py() for message in sent()]
    assert first != second
    # A row of the quarantine that is sent again, mended in another way.
    assert row == mended


def test_a_large_body_is_read_beside_the_loop_and_counted(door: httpx.Client, sent: Sent) -> None:
    body = zstandard.compress("\n".join([HEADER, *[ROW] * 5_000]).encode())

    answer = door.post(
        "/events/shop",
        content=body,
        headers={"Content-Type": "text/csv", "Content-Encoding": "zstd"},
    )

    assert (202, {"accepted": 5_000, "refused": 0}) == (answer.status_code, answer.json())
    assert 5_000 == sum(message.events.num_rows for message in sent())
    assert 'tillstream_events_accepted_total{stream="shop"} 5000.0' in door.get("/metrics").text


CLOUDEVENTS_STREAM = """
[stream]
name = "clicks"
version = 1
cloudevents = true

[fields]
page = { type = "text", required = true, max_length = 60 }
"""


def test_a_cloudevent_is_known_by_its_source_and_id_in_every_mode(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path, sent: Sent
) -> None:
    folder = tmp_path / "streams"
    folder.mkdir()
    (folder / "clicks.toml").write_text(CLOUDEVENTS_STREAM)
    attributes = {"specversion": "1.0", "source": "/shop", "type": "click"}
    events = [{**attributes, "id": str(n), "data": {"page": "home"}} for n in range(3)]
    binary = {f"ce-{name}": value for name, value in (attributes | {"id": "0"}).items()}
    broken = [{**events[1], "id": ""}, events[2]]
    posts = [
        ({"Content-Type": "application/json"} | binary, events[0]["data"]),
        ({"Content-Type": "application/cloudevents+json"}, events[1]),
        ({"Content-Type": "application/cloudevents-batch+json"}, broken),
    ]
    with running_door(amqp_url, DATA_DIR=str(tmp_path), STREAMS_DIR=str(folder)) as url:
        answers = [
            httpx.post(f"{url}/events/clicks", content=json.dumps(body), headers=headers)
            for headers, body in posts
        ]

    assert [202, 202, 207] == [answer.status_code for answer in answers]
    assert ("cloudevent", 1) == (
        answers[2].json()["errors"][0]["rule"],
        answers[2].json()["quarantined"],
    )
    rows = [row for found in sent() if found.stream == "clicks" for row in found.events.to_pylist()]
    expected = [("home", f"/shop\n{n}") for n in range(3)]
    assert expected == [(row["page"], row["cloudevent"]) for row in rows]
