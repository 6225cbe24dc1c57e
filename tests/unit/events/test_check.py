"""`python -m events check`."""

import argparse
from pathlib import Path

import pytest

from events.commands import check

STREAMS = Path(__file__).parents[3] / "streams"


def test_what_is_declared_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == check.run(argparse.Namespace(folders=[str(STREAMS)], json=False))

    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "stream window fields size keys and figures title" == rows[0]
    assert (
        "track_actions 1 min app_name, event_action: actions, users, value Actions on the pages"
        in rows
    )
    assert "quarantine 8 Refused rows" in rows
    assert (
        "attribution 10 min clicks before purchases by user_id: first_touch, users, products;"
        " checkout_credits"
    ) in rows


def test_every_mistake_is_told_with_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.toml").write_text("stream = 1\nfield = 2\n")
    (tmp_path / "b.toml").write_text("x")

    assert 1 == check.run(argparse.Namespace(folders=[str(tmp_path)], json=False))
    assert [
        f"{tmp_path}/a.toml:1: this file: 'stream' has to be a table, and is a whole number",
        f"{tmp_path}/a.toml:2: this file: unknown key 'field'; did you mean 'fields'?",
        f"{tmp_path}/b.toml:1: not TOML: Expected '=' after a key in a key/value pair"
        " (at end of document)",
    ] == capsys.readouterr().out.splitlines()
