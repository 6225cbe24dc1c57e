"""A traceparent is read as W3C says, and one that is none is no error."""

import pytest

from tillstream.runtime.tracing.traceparent import (
    MAX_TRACES,
    Traceparent,
    message_headers,
    of_message,
    of_request,
    parsed,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FOUND = Traceparent(int(TRACE, 16), int(SPAN, 16), sampled=True)


@pytest.mark.parametrize(
    ("text", "sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f" 00-{TRACE}-{SPAN}-01\t", True),
        # Flags that are not known, and a later version that has more.
        (f"00-{TRACE}-{SPAN}-ff", True),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", True),
    ],
)
def test_a_traceparent_says_the_trace_and_whether_it_is_recorded(text: str, sampled: bool) -> None:
    assert FOUND._replace(sampled=sampled) == parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        None,
        7,
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"cc-{TRACE}-{SPAN}-01.later",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 600}",
    ],
)
def test_what_is_no_traceparent_is_none(text: object) -> None:
    assert parsed(text) is None


def test_of_two_traceparents_none_is_believed() -> None:
    header = (b"traceparent", f"00-{TRACE}-{SPAN}-01".encode())

    assert (FOUND, None) == (of_request([header]), of_request([header, header]))


def test_a_message_names_its_traces_those_that_are_recorded_first_and_a_bounded_number() -> None:
    sampled = [Traceparent(number, number, sampled=True) for number in range(1, 101)]
    headers = message_headers([FOUND._replace(sampled=False), *sampled])

    assert sampled[:MAX_TRACES] == of_message(headers)


def test_a_message_without_traces_has_no_headers() -> None:
    assert ({}, []) == (message_headers([]), of_message({"x-stream-offset": 7}))
