"""A collector of traces: takes OTLP over HTTP, and has the spans."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.waiting import wait_until


class Exported(NamedTuple):
    """A span as it came."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    #: Traces and spans.
    links: list[tuple[str, str]]


class Collector:
    """What came so far."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Exported] = []

    def settings(self) -> dict[str, str]:
        """Those of a process that sends its spans here, soon."""
        return {
            "TRACING": "on",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.spans += [
                Exported(
                    names["service.name"],
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
                )
                for scope in resource.scope_spans
                for span in scope.spans
            ]

    def reached(self, name: str) -> set[str]:
        """The traces that have a span of this name, or a link from one."""
        named = [span for span in self.spans if span.name == name]
        return {span.trace for span in named} | {trace for span in named for trace, _ in span.links}

    def wait_for(self, name: str, count: int = 1) -> list[Exported]:
        """The spans of this name, once there are so many."""

        def found() -> list[Exported]:
            spans = [span for span in self.spans if span.name == name]
            return spans if len(spans) >= count else []

        return wait_until(found, 30, f"{count} spans {name!r}")


@contextmanager
def collector() -> Iterator[Collector]:
    """One on a free port."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join(10)
