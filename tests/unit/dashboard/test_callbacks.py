"""Only calls that a page makes reach Dash; whatever else is sent is told what is wrong with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.callbacks import MAX_CALL_BYTES, CallError, check
from dashboard.dash_app import CALLBACKS

OUTPUT = "page.children"


def call(**changed: Any) -> dict[str, Any]:
    """What the browser sends to have a page drawn, some of its parts changed."""
    return {
        "output": OUTPUT,
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "language", "property": "data", "value": "en"}],
        "changedPropIds": ["language.data"],
        "parsedChangedPropsIds": ["language.data"],
        "state": [
            {"id": "location", "property": "pathname", "value": "/"},
            {"id": "location", "property": "search", "value": ""},
        ],
    } | changed


def refused(body: bytes) -> bool:
    try:
        check(body, CALLBACKS)
    except CallError:
        return True
    return False


def test_a_page_may_call() -> None:
    assert not refused(json.dumps(call()).encode())


@pytest.mark.parametrize(
    "changed",
    [
        {"output": "page.title"},
        {"outputs": {"id": "page", "property": "title"}},
        {"outputs": []},
        {"outputs": None},
        {"inputs": []},
        {"inputs": [{"id": "language", "property": "data", "value": 3}]},
        {"inputs": [{"id": {"type": "x"}, "property": "data", "value": "en"}]},
        {"changedPropIds": None},
        {"changedPropIds": [1]},
        {"state": []},
        {"state": call()["state"][::-1]},
        {"state": [call()["state"][0], {"id": "location", "property": "search", "value": 3}]},
        {"state": [call()["state"][0], {"id": "location", "property": "search", "value": []}]},
        {
            "state": [
                call()["state"][0],
                {"id": "location", "property": "search", "value": "\ud800"},
            ]
        },
    ],
)
def test_a_call_that_no_page_makes_is_refused(changed: dict[str, Any]) -> None:
    assert refused(json.dumps(call(**changed)).encode())


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"output":NaN}'),
        b'{"a":' + b"[" * 60_000,
        b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b" " * (MAX_CALL_BYTES + 1),
    ],
)
def test_a_body_that_is_no_call_is_refused(body: bytes) -> None:
    assert refused(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(call())), anything, min_size=1), st.binary())
def test_nothing_but_a_refusal_comes_of_what_is_sent(changed: dict[str, Any], cut: bytes) -> None:
    body = json.dumps(call(**changed)).encode()

    assert {refused(body), refused(cut), refused(body[:-1] + cut)} <= {True, False}
