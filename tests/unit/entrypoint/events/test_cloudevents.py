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


@pytest.mark.parametrize("kind", [cloudevents.STRUCTURED, cloudevents.BATCH])
def test_a_number_beyond_doubles_costs_its_event_and_names_its_field(kind: str) -> None:
    event = json.dumps({**ATTRIBUTES, "data": DATA | {"price": 0}}).encode()
    huge = event.replace(b'"price": 0', b'"price": 1e400')
    assert huge != event

    bodies = [huge] if kind == cloudevents.STRUCTURED else [event, huge]
    body = huge if kind == cloudevents.STRUCTURED else b"[%b]" % b",".join(bodies)
    rows = cloudevents.rows(scope(kind, {}), body, CONTRACT, NOW_US)

    assert ("price", "bounds") == (rows[-1].broken[0][0], rows[-1].broken[0][1].rule)
    assert (len(bodies) - 1, huge.decode()) == (sum(r.row is not None for r in rows), rows[-1].text)


@pytest.mark.parametrize("data", ["[" * 900 + "]" * 900, "9" * 400])
def test_data_that_python_cannot_write_again_is_refused_by_its_rule(data: str) -> None:
    body = json.dumps({**ATTRIBUTES, "data": 0}).replace('"data": 0', f'"data": {data}').encode()

    [row] = cloudevents.rows(scope(cloudevents.STRUCTURED, {}), body, CONTRACT, NOW_US)

    assert (None, body.decode()) == (row.row, row.text)


def test_ids_in_headers_that_are_no_utf_8_are_not_one_id() -> None:
    [row] = cloudevents.rows(
        scope("application/json", ATTRIBUTES | {"id": "%FF"}),
        json.dumps(DATA).encode(),
        CONTRACT,
        NOW_US,
    )

    assert (None, "cloudevent") == (row.row, row.broken[0][1].rule)
