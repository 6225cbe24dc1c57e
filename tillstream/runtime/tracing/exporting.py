"""Sends spans to a collector; one that is away costs a line a minute, and spans, nothing else."""

import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tillstream.runtime.outage import Outage

log = structlog.get_logger()


class CollectorExporter(SpanExporter):
    """OTLP over HTTP, as the OTEL_EXPORTER_OTLP_ settings say. Called by one thread."""

    def __init__(self) -> None:
        # What they say of each attempt is said here once.
        for library in ("opentelemetry.exporter", "opentelemetry.sdk"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        self._exporter = OTLPSpanExporter()
        self._outage = Outage()
        self._over = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, again for OTEL_EXPORTER_OTLP_TIMEOUT seconds; then they are dropped."""
        if self._over:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            if fields := self._outage.over():
                log.info("the collector of traces is back", **fields)
        elif (again := self._outage.failed()) is not None:
            log.warning("the collector of traces is away, spans are dropped", **again)
        return result

    def abandon(self) -> None:
        """End what is on its way, and send nothing more."""
        if not self._over:
            self._over = True
            self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def shutdown(self) -> None:
        """As `abandon`."""
        self.abandon()
