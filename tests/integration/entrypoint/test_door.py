"""The door on a real broker: 202 means durable, anything else says what is wrong."""

import json
from typing import Any

import httpx
import jsonschema
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.receipts import encoded, receipt
from tests.support.waiting import wait_until
from tillstream import topology

JSON = {"Content-Type": "application/json"}


def stored(connection: BlockingConnection) -> tuple[Any, Any, bytes]:
    """The next message of the persistence queue."""

    def get() -> tuple[Any, Any, bytes] | None:
        method, properties, body = channel.basic_get(topology.PERSISTENCE_QUEUE, auto_ack=True)
        return (method, properties, body) if method else None

    with connection.channel() as channel:
        return wait_until(get, 20, "a message")


def test_an_accepted_receipt_is_persistent_on_the_queue(
    door: httpx.Client, broker: BlockingConnection
) -> None:
    answer = door.post("/receipt", content=encoded(receipt()), headers=JSON)

    _, properties, body = stored(broker)
    published = json.loads(body)
    received_time = published.pop("receivedTime")
    assert (202, {"key": "2026-11-21 08:00:01/1/1/1"}) == (answer.status_code, answer.json())
    assert receipt() == published
    assert isinstance(received_time, float)
    assert (2, "application/json") == (properties.delivery_mode, properties.content_type)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "kind"),
    [
        ("POST", "/receipt", b"{", JSON, 400, "not-json"),
        ("POST", "/receipt", b"{}", JSON, 422, "invalid-receipt"),
        ("POST", "/receipt", b"{}", {}, 415, "unsupported-media-type"),
        ("POST", "/receipt", b"{}", {"Content-Type": "image/png"}, 415, "unsupported-media-type"),
        ("POST", "/receipt", b" " * 5000, JSON, 413, "too-large"),
        ("GET", "/receipt", b"", {}, 405, "method-not-allowed"),
        ("GET", "/nowhere", b"", {}, 404, "not-found"),
    ],
)
def test_every_refusal_is_a_problem_document(
    door: httpx.Client,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    kind: str,
) -> None:
    answer = door.request(method, path, content=body, headers=headers)

    problem = answer.json()
    found = (answer.status_code, answer.headers["content-type"], problem["type"])
    assert (status, "application/problem+json", f"urn:tillstream:problem:{kind}") == found
    assert (status, True, True) == (
        problem["status"],
        bool(problem["title"]),
        bool(problem["detail"]),
    )


def test_a_body_without_a_length_is_bounded_too(door: httpx.Client) -> None:
    answer = door.post("/receipt", content=(b" " * 1000 for _ in range(9)), headers=JSON)

    assert 413 == answer.status_code


def test_a_receipt_without_a_queue_is_not_accepted(
    door: httpx.Client, broker: BlockingConnection
) -> None:
    with broker.channel() as channel:
        for queue in topology.queues():
            channel.queue_delete(queue.name)

    answer = door.post("/receipt", content=encoded(receipt()), headers=JSON)

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])


def test_a_full_queue_means_not_accepted(door: httpx.Client, broker: BlockingConnection) -> None:
    with broker.channel() as channel:
        channel.queue_delete(topology.PERSISTENCE_QUEUE)
        channel.queue_declare(
            topology.PERSISTENCE_QUEUE,
            durable=True,
            arguments={"x-max-length": 0, "x-overflow": "reject-publish"},
        )
        channel.queue_bind(topology.PERSISTENCE_QUEUE, topology.RECEIPTS)
        answers = [
            door.post("/receipt", content=encoded(receipt(number)), headers=JSON).status_code
            for number in range(3)
        ]
        channel.queue_delete(topology.PERSISTENCE_QUEUE)

    assert [503] * 3 == answers


def test_the_openapi_document_describes_the_contract(door: httpx.Client) -> None:
    document = door.get("/openapi.json").json()

    operation = document["paths"]["/receipt"]["post"]
    media = operation["requestBody"]["content"]["application/json"]
    jsonschema.Draft202012Validator(
        media["schema"] | {"components": document["components"]}
    ).validate(media["example"])
    accepted = door.post("/receipt", json=media["example"])
    assert ("3.1.0", 202) == (document["openapi"], accepted.status_code)


def test_the_documentation_page_needs_nothing_from_elsewhere(door: httpx.Client) -> None:
    page = door.get("/docs").text

    files = [part.split('"')[0] for part in page.split('"/docs/files/')[1:]]
    statuses = [door.get(f"/docs/files/{name}").status_code for name in files]
    assert ([200, 200], False) == (statuses, "http://" in page or "https://" in page)
