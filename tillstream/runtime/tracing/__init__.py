"""Traces of requests and messages by OpenTelemetry, where TRACING=on (docs/tracing.md)."""
