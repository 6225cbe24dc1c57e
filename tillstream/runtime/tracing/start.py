"""Begins the traces of a process where its settings want them; else nothing is imported."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tillstream.errors import SettingsError
from tillstream.runtime.settings import TracingSettings

if TYPE_CHECKING:
    from tillstream.runtime.tracing.tracer import Tracer

_NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter")


def require_installed(settings: TracingSettings) -> None:
    """Raise SettingsError where TRACING=on and the packages are not there."""
    if settings.tracing == "off":
        return
    if not all(map(_is_there, _NEEDED)):
        raise SettingsError(
            [
                "TRACING=on needs OpenTelemetry, which is not installed: `uv sync --group tracing` "
                "in a clone, `uv tool install '.[local,tracing]'` for the command"
            ]
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package of the module
        return False


def begin(settings: TracingSettings, component: str) -> "Tracer | None":
    """What makes the spans of this process; None with TRACING=off.

    Raises SettingsError where the packages are not there.
    """
    if settings.tracing == "off":
        return None
    require_installed(settings)
    from tillstream.runtime.tracing.tracer import Tracer

    return Tracer(component)


@contextmanager
def tracing(settings: TracingSettings, component: str) -> "Iterator[Tracer | None]":
    """As `begin`; what waits at the end of the block is sent, for a bounded time."""
    tracer = begin(settings, component)
    try:
        yield tracer
    finally:
        if tracer is not None:
            tracer.close()


def working(
    tracer: "Tracer | None", name: str, messages: Iterable[Mapping[str, Any]]
) -> AbstractContextManager[None]:
    """`Tracer.working`, or nothing."""
    return nullcontext() if tracer is None else tracer.working(name, messages)
