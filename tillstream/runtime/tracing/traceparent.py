"""W3C Trace Context: the header `traceparent`, of a request and of a message."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: Headers of a message: the first trace, and others that share the message, with commas between.
TRACEPARENT, TRACE_LINKS = "traceparent", "x-trace-links"
#: Most traces that a message names.
MAX_TRACES = 32

_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
#: A longer value is not looked at, characters.
_MOST = 512
_SAMPLED = 1


class Traceparent(NamedTuple):
    """Where in which trace something was begun."""

    trace_id: int
    span_id: int
    sampled: bool

    def __str__(self) -> str:
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{int(self.sampled):02x}"


def parsed(text: object) -> Traceparent | None:
    """A value of the header; None where it is none, which is no error (W3C, 3.2.2.3 and 4.3)."""
    if not isinstance(text, str) or len(text) > _MOST:
        return None
    found = _FORM.fullmatch(text.strip(" \t"))
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    # A later version may have more after a hyphen, that of today has not.
    if version == "ff" or (version == "00" and rest):
        return None
    trace, span = int(trace_id, 16), int(span_id, 16)
    return Traceparent(trace, span, bool(int(flags, 16) & _SAMPLED)) if trace and span else None


def of_request(headers: Iterable[tuple[bytes, bytes]]) -> Traceparent | None:
    """That of a request, its names in lower case; of several none is believed."""
    found = [value for name, value in headers if name == b"traceparent"]
    return parsed(found[0].decode("latin-1")) if len(found) == 1 else None


def message_headers(traces: Iterable[Traceparent]) -> dict[str, str]:
    """The headers of a message that these share; none without any.

    Those that are recorded come first; what is beyond MAX_TRACES is not named.
    """
    ordered = sorted(traces, key=lambda each: not each.sampled)
    if not ordered:
        return {}
    links = [str(each) for each in ordered[1:MAX_TRACES] if each.sampled]
    found = {TRACEPARENT: str(ordered[0])}
    return found | {TRACE_LINKS: ",".join(links)} if links else found


def of_message(headers: Mapping[str, Any]) -> list[Traceparent]:
    """The traces that a message names, the first one first; what is no traceparent is left out."""
    first = parsed(headers.get(TRACEPARENT))
    if first is None:
        return []
    links = headers.get(TRACE_LINKS)
    others = links.split(",", MAX_TRACES) if isinstance(links, str) else []
    return [first, *filter(None, map(parsed, others[: MAX_TRACES - 1]))]
