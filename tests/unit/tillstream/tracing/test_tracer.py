"""What a collector gets of a request and of the messages that it became."""

import sys
import time

import pytest
import structlog
from structlog.contextvars import get_contextvars

from local.ports import free_port
from tests.support.collector import Collector, collector
from tillstream.errors import ConfirmTimeoutError, SettingsError
from tillstream.runtime.settings import TracingSettings
from tillstream.runtime.tracing import start
from tillstream.runtime.tracing.tracer import CLOSE_SECONDS, Tracer

TRACES = ["4bf92f3577b34da6a3ce929d0e0e4736", "9" * 32]
PARENT = "00f067aa0ba902b7"


def scope(trace: str, flags: str = "01") -> dict[str, object]:
    traceparent = f"00-{trace}-{PARENT}-{flags}".encode()
    return {"method": "POST", "path": "/receipt", "headers": [(b"traceparent", traceparent)]}


def traced(monkeypatch: pytest.MonkeyPatch, spans: Collector) -> Tracer:
    for name, value in spans.settings().items():
        monkeypatch.setenv(name, value)
    return Tracer("entrypoint")


def test_requests_that_share_a_message_are_each_whole_and_linked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collector() as spans:
        tracer = traced(monkeypatch, spans)
        requests = [tracer.received(scope(trace)) for trace in TRACES]
        parcels = []
        for request in requests:
            with request.at_work():
                parcels.append(tracer.publishing(1))
                said = get_contextvars()["trace_id"]
                assert request.trace_id == tracer.trace_id() == said
        with tracer.message_of(parcels):
            headers = tracer.message_headers()
        for parcel, request in zip(parcels, requests, strict=True):
            assert parcel is not None
            parcel.resolved(None)
            request.answered(202)
        assert headers is not None
        with tracer.working("count", [headers, {}]):
            # It is of two traces.
            assert "trace_id" not in get_contextvars()
        tracer.close()

    received, published, counted = (
        [one for one in spans.spans if one.name == name] for name in ("receive", "publish", "count")
    )
    assert [(trace, PARENT) for trace in TRACES] == [(one.trace, one.parent) for one in received]
    assert [(one.trace, one.span) for one in received] == [
        (one.trace, one.parent) for one in published
    ]
    first, second = published
    assert [(first.trace, first.span, [(second.trace, second.span)])] == [
        (one.trace, one.parent, one.links) for one in counted
    ]


def test_a_request_that_is_not_to_be_recorded_is_stamped_and_named_and_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with collector() as spans:
        tracer = traced(monkeypatch, spans)
        request = tracer.received(scope(TRACES[0], "00"))
        with request.at_work():
            parcel = tracer.publishing(1)
        with tracer.message_of([parcel, None]):
            headers = tracer.message_headers()
        assert parcel is not None
        parcel.resolved(ConfirmTimeoutError())
        request.answered(503)
        tracer.close()

    assert (TRACES[0], []) == (request.trace_id, spans.spans)
    assert headers is not None
    assert [f"00-{TRACES[0]}", "00"] == [headers["traceparent"][:35], headers["traceparent"][-2:]]


def test_a_collector_that_is_away_costs_a_line_and_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    tracer = Tracer("entrypoint")
    with structlog.testing.capture_logs() as lines:
        for _ in range(5_000):  # more than it keeps
            tracer.received(scope(TRACES[0])).answered(202)
        began = time.monotonic()
        tracer.close()

    assert time.monotonic() - began < CLOSE_SECONDS + 10
    assert len(lines) <= 1


def test_tracing_without_its_packages_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    assert start.begin(TracingSettings(), "entrypoint") is None
    with pytest.raises(SettingsError, match=r"^TRACING=on needs OpenTelemetry.*not installed"):
        start.begin(TracingSettings(tracing="on"), "entrypoint")
