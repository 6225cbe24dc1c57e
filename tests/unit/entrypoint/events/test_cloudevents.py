"""CloudEvents 1.0 in its three modes are the same event, known by source and id."""

import json
from typing import Any

import pytest

from entrypoint.events import cloudevents
from tests.support.event_formats import CONTRACT, NOW_US

DATA = {"at": "2019-10-01 00:00:00 UTC", "kind": "cart"}
ATTRIBUTES = {"specversion": "1.0", "id": "7", "source": "/shop", "type": "view"}


def scope(kind: str, attributes: dict[str, str]) -> dict[str, Any]:
    named = [(f"ce-{name}".encode(), value.encode()) for name, value in attributes.items()]
    return {"headers": [(b"content-type", kind.encode()), *named]}


@pytest.mark.parametrize(
    ("kind", "attributes", "body"),
    [
        ("application/json", ATTRIBUTES, DATA),
        (cloudevents.STRUCTURED, {}, {**ATTRIBUTES, "data": DATA}),
        (cloudevents.BATCH, {}, [{**ATTRIBUTES, "data": DATA}]),
    ],
)
def test_every_mode_is_the_same_event(kind: str, attributes: dict[str, str], body: object) -> None:
    request = scope(kind, attributes)

    [row] = cloudevents.rows(request, json.dumps(body).encode(), CONTRACT, NOW_US)

    assert cloudevents.is_one(request)
    expected, _ = CONTRACT.json_row(DATA, NOW_US)
    assert (expected, "/shop\n7") == (row.row, row.cloudevent)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_that_is_required_may_not_be_missing(name: str) -> None:
    event = {**ATTRIBUTES, "data": DATA, name: ""}

    [row] = cloudevents.rows(
        scope(cloudevents.STRUCTURED, {}), json.dumps(event).encode(), CONTRACT, NOW_US
    )

    assert (None, "cloudevent") == (row.row, row.broken[0][1].rule)
