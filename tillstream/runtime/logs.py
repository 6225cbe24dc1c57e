"""Structured logs on standard error: WARNING is recovered, ERROR is data at risk."""

import logging
import sys
from typing import Any

import structlog

from tillstream.runtime.printable import printable, printable_lines
from tillstream.runtime.settings import LogSettings

#: Before each line of a traceback: none of them can look like an entry of its own.
_INDENT = "    "


def configure(settings: LogSettings, component: str) -> None:
    """Send this process's log, and its libraries' warnings, to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _of(component),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    # JSON escapes what its texts hold; programs read them as they were.
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [_harmless, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *rendering,
            ],
        )
    )
    # A connection that is lost is our own warning; these would add a page of their inner workings,
    # and an ERROR, which is data at risk, for each attempt to connect.
    for library in ("pika", "aiormq"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _of(component: str) -> structlog.typing.Processor:
    """Every line says which process it is of, also those of threads and of libraries."""

    def add(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
        fields.setdefault("component", component)
        return fields

    return add


def _harmless(_: Any, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Fields whose names and texts hold nothing that a terminal would obey.

    Values that are no text are shown by `repr`, which escapes.
    """
    return {
        printable(name): _shown(name, value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _shown(name: str, text: str) -> str:
    if name in ("exception", "stack"):
        return "\n".join(_INDENT + line for line in printable_lines(text).split("\n"))
    return printable(text)
