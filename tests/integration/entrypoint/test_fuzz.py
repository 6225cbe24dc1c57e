"""Anything may come: no 5xx, no hang, and nothing published that is not a receipt."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.support.receipts import encoded, receipt
from tillstream.receipt import StampedReceipt

FUZZ = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

whole = encoded(receipt())
cut_and_spliced = st.tuples(
    st.integers(0, len(whole)), st.integers(0, len(whole)), st.binary(max_size=8)
).map(lambda cut: whole[: cut[0]] + cut[2] + whole[cut[1] :])


def test_any_bytes_are_answered_without_an_error_of_ours(
    door: httpx.Client, published: Callable[[], list[dict[str, Any]]]
) -> None:
    @FUZZ
    @given(
        path=st.sampled_from(["/receipt", "/receipts"]),
        kind=st.sampled_from(
            [
                "application/json",
                "application/x-ndjson",
                "application/xml",
                "text/csv",
                "application/x-www-form-urlencoded",
            ]
        ),
        encoding=st.sampled_from([None, None, "gzip", "zstd"]),
        body=st.binary(max_size=400) | cut_and_spliced,
    )
    def send(path: str, kind: str, encoding: str | None, body: bytes) -> None:
        headers = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
        answer = door.post(path, content=body, headers=headers)

        assert answer.status_code < 500, answer.text

    send()

    for fields in published():
        msgspec.convert(fields, StampedReceipt)


def test_requests_made_from_the_openapi_document_are_answered_as_it_says(
    door: httpx.Client,
) -> None:
    schema = schemathesis.openapi.from_url(f"{door.base_url}/openapi.json")

    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @FUZZ
        @given(case=operation.as_strategy())
        def send(case: Any) -> None:
            # JSON Schema cannot say that February has no 30th day: such a date is refused.
            case.call_and_validate(
                base_url=str(door.base_url), excluded_checks=[positive_data_acceptance]
            )

        send()


@pytest.mark.parametrize("depth", [10, 500, 5000])
def test_a_deep_body_is_answered(door: httpx.Client, depth: int) -> None:
    body = whole[:-1] + b',"deep":' + b"[" * depth + b"]" * depth + b"}"

    answer = door.post("/receipt", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in (202, 400, 413)
