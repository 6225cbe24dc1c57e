"""Who may send, how fast, and what a retry is answered."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from pika.adapters.blocking_connection import BlockingConnection

from tests.support.processes import running_door
from tests.support.receipts import encoded, receipt
from tests.support.waiting import wait_until

JSON = {"Content-Type": "application/json"}

Published = Callable[[], list[dict[str, Any]]]


def keys(data_dir: Path, *arguments: str) -> str:
    """What `python -m entrypoint keys` prints."""
    finished = subprocess.run(
        [sys.executable, "-m", "entrypoint", "keys", *arguments],
        env={"DATA_DIR": str(data_dir), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return finished.stdout.strip()


def test_a_receipt_that_comes_again_is_accepted_and_published_once(
    door: httpx.Client, published: Published
) -> None:
    answers = [
        door.post("/receipt", content=body, headers=JSON).status_code
        for body in (encoded(receipt()), encoded(receipt()), b" " + encoded(receipt()))
    ]

    assert ([202] * 3, 1) == (answers, len(published()))


def test_a_known_identity_with_another_content_is_a_conflict(
    door: httpx.Client, published: Published
) -> None:
    first = door.post("/receipt", content=encoded(receipt(cents=600)), headers=JSON)
    second = door.post("/receipt", content=encoded(receipt(cents=700)), headers=JSON)

    assert (202, 409, 1) == (first.status_code, second.status_code, len(published()))


@pytest.mark.parametrize("path", ["/receipt", "/receipts"])
def test_an_idempotency_key_stands_for_one_body(door: httpx.Client, path: str) -> None:
    headers = JSON | {"Idempotency-Key": "abc"}

    answers = [
        door.post(path, content=encoded(receipt(number)), headers=headers).status_code
        for number in (1, 1, 2)
    ]

    assert [202, 202, 409] == answers


def test_an_idempotency_key_of_a_refused_request_may_be_used_again(door: httpx.Client) -> None:
    headers = JSON | {"Idempotency-Key": "abc"}

    answers = [
        door.post("/receipt", content=body, headers=headers).status_code
        for body in (b"{}", encoded(receipt()))
    ]

    assert [422, 202] == answers


@pytest.mark.usefixtures("broker")
def test_with_keys_on_only_their_holders_send_and_only_for_their_stores(
    amqp_url: str, tmp_path: Path
) -> None:
    key = keys(tmp_path, "add", "Lyon", "--store", "1")
    settings = {"API_KEYS": "on", "DATA_DIR": str(tmp_path)}
    with running_door(amqp_url, **settings) as url, httpx.Client(base_url=url) as client:

        def send(store: int, authorization: str | None) -> int:
            headers = JSON | ({"Authorization": authorization} if authorization else {})
            body = encoded(receipt(storeID=store))
            return client.post("/receipt", content=body, headers=headers).status_code

        answers = [
            send(1, None),
            send(1, "Bearer till_0_x"),
            send(1, f"Basic {key}"),
            send(1, f"Bearer {key}"),
            send(2, f"Bearer {key}"),
        ]
        batch = client.post(
            "/receipts",
            json=[receipt(1, storeID=1), receipt(2, storeID=2)],
            headers={"Authorization": f"Bearer {key}"},
        )
        keys(tmp_path, "revoke", keys(tmp_path, "list").split()[0])
        wait_until(lambda: send(1, f"Bearer {key}") == 401, 20, "the revoked key to end")

    assert [401, 401, 401, 202, 403] == answers
    assert (207, "foreign-store") == (
        batch.status_code,
        batch.json()["errors"][0]["errors"][0]["rule"],
    )


def test_a_key_that_sends_too_fast_is_told_to_wait(
    broker: BlockingConnection, amqp_url: str, tmp_path: Path
) -> None:
    key = keys(tmp_path, "add", "all")
    settings = {"API_KEYS": "on", "DATA_DIR": str(tmp_path), "RATE_LIMIT_PER_KEY": "1"}
    with running_door(amqp_url, **settings) as url, httpx.Client(base_url=url) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        batch = client.post("/receipts", json=[receipt(number) for number in range(10)])
        answer = client.post("/receipt", json=receipt(11))

    assert (202, 429) == (batch.status_code, answer.status_code)
    assert int(answer.headers["retry-after"]) >= 1
