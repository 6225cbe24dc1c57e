"""The door's keys open the archive as well, each for its own stores."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from pymongo.database import Database

from tests.integration.persistence.api.conftest import Store, service
from tests.support.receipts import decoded, receipt
from tillstream.http.keys import key_file
from tillstream.receipt import receipt_key


def test_a_key_sees_its_own_stores_only(
    mongo_url: str, database: Database[dict[str, Any]], store: Store, tmp_path: Path
) -> None:
    store([receipt(number, storeID=str(number)) for number in (1, 2, 3)])
    now = datetime.now(UTC)
    _, of_two = key_file(tmp_path).add("two", ("1", "2"), now)
    _, of_all = key_file(tmp_path).add("all", (), now)
    _, of_till = key_file(tmp_path).add("till", ("1",), now, ("send",))
    third = receipt_key(decoded(receipt(3, storeID="3")))
    days = {"from": "2026-11-21", "to": "2026-11-22"}
    environ = {"API_KEYS": "on", "DATA_DIR": str(tmp_path)}

    with service(mongo_url, database.name, **environ) as api:

        def ask(key: str, path: str, **params: Any) -> httpx.Response:
            return api.get(path, params=params, headers={"Authorization": f"Bearer {key}"})

        statuses = [
            ask(key, path, **params).status_code
            for key in ("nobody", of_two, of_all, of_till)
            for path, params in (
                (f"/receipts/{third}", {}),
                ("/receipts", {"store": "3"}),
                ("/sales", {"by": "day", "store": "3", **days}),
                ("/export", {"format": "csv", "store": "3"}),
            )
        ]
        listed = [each["store"] for each in ask(of_two, "/receipts").json()["items"]]
        summed = [row["key"] for row in ask(of_two, "/sales", by="store", **days).json()["rows"]]
        exported = ask(of_two, "/export", format="ndjson").text.count("\n")

    assert [401] * 4 + [404, 403, 403, 403] + [200] * 4 + [403] * 4 == statuses
    assert (["1", "2"], ["1", "2"], 2) == (sorted(listed), summed, exported)


def test_an_archive_that_is_away_is_told() -> None:
    with service("mongodb://127.0.0.1:1/?replicaSet=none", "tillstream") as api:
        answers = [api.get(path) for path in ("/health/live", "/health/ready", "/receipts")]

    assert [200, 503, 503] == [answer.status_code for answer in answers]
    assert answers[2].json()["type"] == "urn:tillstream:problem:archive-away"
    assert answers[2].headers["retry-after"] == "2"
