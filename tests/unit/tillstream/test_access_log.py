"""A refusal is in the log with the next request after a second, whichever that is."""

import io
import json
from typing import Literal, get_args

from tillstream.http.access_log import FLUSH_SECONDS, TROUBLE_LINES, TROUBLE_SECONDS, AccessLog

Form = Literal["json", "console"]


def test_a_refusal_does_not_wait_for_the_next_one() -> None:
    now, out = [0.0], io.StringIO()
    access = AccessLog("entrypoint", "refused", lambda: now[0], out)
    access.note("r1", "POST", "/receipt", 503, 0.1)
    access.note("r2", "POST", "/receipt", 202, 0.1)
    before = out.getvalue()
    now[0] += FLUSH_SECONDS
    access.note("r3", "POST", "/receipt", 202, 0.1)

    assert ("", 1) == (before, out.getvalue().count('"status":503'))


def test_of_an_outage_and_of_the_unknown_few_lines_are_written_and_the_rest_is_counted() -> None:
    now, out = [0.0], io.StringIO()
    access = AccessLog("entrypoint", "refused", lambda: now[0], out)
    # Who asks for the health of what starts is refused nothing, and takes no line from who is.
    for number in range(TROUBLE_LINES):
        access.note(f"h{number}", "GET", "/health/ready", 503, 0.1)
    for number in range(1000):
        access.note(f"r{number}", "POST", "/receipt", 503, 0.1)
        access.note(f"u{number}", "POST", "/receivers/shopify", 401, 0.1)
        access.note(f"b{number}", "POST", "/receipt", 400, 0.1)
    now[0] += TROUBLE_SECONDS
    access.note("r", "POST", "/receipt", 202, 0.1)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]

    assert 1000 == sum(line["status"] == 400 for line in lines)
    for letter, status in (("r", 503), ("u", 401)):
        assert [f"{letter}{number}" for number in range(TROUBLE_LINES)] == [
            line["request_id"]
            for line in lines
            if line["status"] == status and "request_id" in line
        ]
        assert {
            "event": "requests without a line",
            "level": "info",
            "timestamp": "1970-01-01T00:01:00Z",
            "component": "entrypoint",
            "status": status,
            "count": 1000 - TROUBLE_LINES,
            "since": "1970-01-01T00:00:00Z",
        } in lines


def test_all_is_all() -> None:
    out = io.StringIO()
    access = AccessLog("entrypoint", "all", lambda: 0.0, out)
    for number in range(100):
        access.note(f"r{number}", "POST", "/receipt", 503, 0.1)
    access.close()

    assert 100 == len(out.getvalue().splitlines())


def test_a_line_has_the_form_of_all_other_lines() -> None:
    lines = []
    for form in get_args(Form):
        out = io.StringIO()
        access = AccessLog("entrypoint", "all", lambda: 0.0, out, form)
        access.note("r1", "GET", "/a\x1b[31m", 404, 0.0123)
        access.flush()
        lines.append(out.getvalue())

    assert {"component": "entrypoint", "event": "request", "level": "info"}.items() <= json.loads(
        lines[0]
    ).items()
    head = "1970-01-01T00:00:00.000000Z [info     ] request                        "
    assert lines[1].startswith(head + "component=entrypoint request_id=r1 method=GET path=/a")
    assert "\x1b" not in lines[1]
