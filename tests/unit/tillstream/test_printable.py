"""What others named is shown as text: it breaks no row, forges no line, moves no terminal."""

import json
import logging
from typing import Any

import pytest
import structlog

from tillstream.runtime import logs
from tillstream.runtime.printable import printable
from tillstream.runtime.settings import LogSettings
from tillstream.runtime.text_table import text_table

FORGED = "A\n2026-11-28T08:00:00Z [error    ] all is lost\x1b[2J\u202eB\u2028C"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Espèces\u00a0! 🥐 日本", "Espèces\u00a0! 🥐 日本"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\x1b[31m\x9b\x7f\0", "\\x1b[31m\\x9b\\x7f\\x00"),
        (
            "\u202e\u2066\u200f\ufeff\u2028\U000e0001",
            "\\u202e\\u2066\\u200f\\ufeff\\u2028\\U000e0001",
        ),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_not_printed_is_escaped(text: str, shown: str) -> None:
    assert shown == printable(text)


def test_a_name_breaks_no_row_of_a_table() -> None:
    table = text_table(["store", "till", "sum"], [[FORGED, "1", "2.00"], ["B", "2", "3.00"]])

    assert 3 == len(table.splitlines())
    assert table.replace("\n", "").isprintable()


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_name_forges_no_line_of_a_log(
    capsys: pytest.CaptureFixture[str], logs_put_back: None, form: Any
) -> None:
    logs.configure(LogSettings(log_format=form), "test")
    log = structlog.get_logger()

    log.warning(FORGED, store=FORGED, stores=[FORGED], by={FORGED: FORGED}, **{FORGED: 1})
    logging.getLogger("library").warning("refused %s", FORGED)
    try:
        raise ValueError(FORGED)
    except ValueError:
        log.exception("failed", store="1")

    lines = capsys.readouterr().err.split("\n")
    assert all(line.isprintable() for line in lines)
    # A traceback goes on for some lines, and none of them looks like the first of an entry.
    assert 3 == sum(bool(line) and not line[0].isspace() for line in lines)
    if form == "json":
        assert FORGED == json.loads(lines[0])["store"]
