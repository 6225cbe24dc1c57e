"""Spans of OpenTelemetry: what a process does with a request or a message.

Imported where TRACING=on: everybody else has `None` instead of a Tracer and asks for no more.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from starlette.types import Scope
from structlog.contextvars import bound_contextvars

from tillstream.errors import NotConfirmedError
from tillstream.runtime.tracing.exporting import CollectorExporter
from tillstream.runtime.tracing.traceparent import (
    Traceparent,
    message_headers,
    of_message,
    of_request,
)
from tillstream.version import VERSION

#: Longest that the end of a process waits for the collector, seconds.
CLOSE_SECONDS = 2.0
#: Least status of an answer that is the door's own failure: W3C has no word on a client's.
_SERVER_ERROR = 500

_request: ContextVar["RequestTrace | None"] = ContextVar("request", default=None)
_message: ContextVar[dict[str, str] | None] = ContextVar("message", default=None)


class RequestTrace:
    """A request at the door, from its receipt to its answer."""

    def __init__(self, span: Span, *, came_with_one: bool) -> None:
        self.span = span
        found = span.get_span_context()
        #: As 32 hexadecimal digits, where the client has the trace or it is recorded.
        self.trace_id: str | None = None
        if came_with_one or found.trace_flags.sampled:
            self.trace_id = f"{found.trace_id:032x}"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What is published and logged here is of this request."""
        token = _request.set(self)
        try:
            if self.trace_id is None:
                yield
            else:
                with bound_contextvars(trace_id=self.trace_id):
                    yield
        finally:
            _request.reset(token)

    def answered(self, status: int) -> None:
        """It is over."""
        self.span.set_attribute("http.response.status_code", status)
        if status >= _SERVER_ERROR:
            self.span.set_status(StatusCode.ERROR)
        self.span.end()


class PublishTrace:
    """A parcel on its way, from its submission to the broker's confirm."""

    def __init__(self, span: Span) -> None:
        self._span = span
        found = span.get_span_context()
        self.traceparent = Traceparent(
            found.trace_id, found.span_id, sampled=found.trace_flags.sampled
        )

    def resolved(self, error: NotConfirmedError | None) -> None:
        """It is durable (None), or is not known to be."""
        if error is not None:
            self._span.set_status(Status(StatusCode.ERROR, str(error)))
        self._span.end()


class Tracer:
    """The spans of one process."""

    def __init__(self, component: str, exporter: CollectorExporter | None = None) -> None:
        """Sampled as OTEL_TRACES_SAMPLER says; kept in a bounded queue until they are sent."""
        self._exporter = exporter or CollectorExporter()
        self._provider = TracerProvider(
            resource=Resource.create(
                {"service.name": f"tillstream-{component}", "service.version": VERSION}
            ),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("tillstream", VERSION)

    def close(self) -> None:
        """Send what waits, for a bounded time."""
        # The library itself would wait as long as it tries again.
        giving_up = threading.Timer(CLOSE_SECONDS, self._exporter.abandon)
        giving_up.daemon = True
        giving_up.start()
        self._provider.shutdown()
        giving_up.cancel()

    def received(self, scope: Scope) -> RequestTrace:
        """A request has come; its trace is that of its traceparent, or a new one."""
        parent = of_request(scope["headers"])
        span = self._tracer.start_span(
            "receive",
            Context() if parent is None else _under(parent),
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": scope["method"],
                "url.path": scope["path"][:200],
            },
        )
        return RequestTrace(span, came_with_one=parent is not None)

    def trace_id(self) -> str | None:
        """That of the request at work here, as it is stamped on a receipt."""
        request = _request.get()
        return None if request is None else request.trace_id

    def answered(self, status: int) -> None:
        """The request at work here is over."""
        if (request := _request.get()) is not None:
            request.answered(status)

    def publishing(self, count: int) -> PublishTrace | None:
        """So many items of the request at work here wait for the broker's confirm."""
        request = _request.get()
        if request is None:
            return None
        span = self._tracer.start_span(
            "publish",
            set_span_in_context(request.span, Context()),
            kind=SpanKind.PRODUCER,
            attributes={"messaging.batch.message_count": count},
        )
        return PublishTrace(span)

    @contextmanager
    def message_of(self, parcels: Iterable[PublishTrace | None]) -> Iterator[None]:
        """The message that is sent here has these parcels."""
        token = _message.set(message_headers(one.traceparent for one in parcels if one is not None))
        try:
            yield
        finally:
            _message.reset(token)

    def message_headers(self) -> dict[str, str] | None:
        """The headers of the message that is sent here."""
        return _message.get()

    @contextmanager
    def working(self, name: str, messages: Iterable[Mapping[str, Any]]) -> Iterator[None]:
        """A span for each message, by its headers, that lasts as long as the block.

        It is under the first trace of the message, and has links to the others. Logs say the trace
        where all messages are of one.
        """
        traces = [found for headers in messages if (found := of_message(headers))]
        spans = [
            self._tracer.start_span(
                name,
                _under(first),
                kind=SpanKind.CONSUMER,
                links=[Link(_remote(each)) for each in others],
            )
            for first, *others in traces
        ]
        ids = {each.trace_id for found in traces for each in found}
        try:
            with bound_contextvars(**({"trace_id": f"{ids.pop():032x}"} if len(ids) == 1 else {})):
                yield
        except BaseException as error:
            for span in spans:
                span.set_status(Status(StatusCode.ERROR, repr(error)[:200]))
            raise
        finally:
            for span in spans:
                span.end()


def _remote(found: Traceparent) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if found.sampled else TraceFlags.DEFAULT)
    return SpanContext(found.trace_id, found.span_id, is_remote=True, trace_flags=flags)


def _under(found: Traceparent) -> Context:
    return set_span_in_context(NonRecordingSpan(_remote(found)), Context())
