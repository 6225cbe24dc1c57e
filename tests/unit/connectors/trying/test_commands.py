"""The dry run says the receipt, what was not used and what is broken, by output and status."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.trying import check_command, try_command
from tests.support.receiver_definitions import SHOP
from tillstream.runtime.product import CODE

TRIED = f"""{SHOP}tax_rate = "'20'"
tax = "tax"
[delivery]
topic_header = "X-Topic"
form_field = "payload"
[topics]
sale = ["paid"]
ignored = ["note"]
"""
SALE = {"id": 1, "time": "2026-11-21T08:00:01Z", "lines": [{"amount": 10}]}
Try = Callable[..., int]


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    folder = tmp_path / "receivers"
    folder.mkdir()
    (folder / "shop.toml").write_text(TRIED)
    monkeypatch.setenv("RECEIVERS_DIR", str(folder))

    def run(content: object, name: str = "shop", topic: str | None = None) -> int:
        file = tmp_path / "order.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return try_command.run(argparse.Namespace(name=name, file=file, topic=topic))

    return run


def test_a_good_file_is_told_with_what_was_not_used(
    tried: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [{"amount": 10, "weight": 3}, {"amount": 5, "weight": 3}]

    status = tried({**SALE, "lines": lines, "note": {"a": 1}})

    told = capsys.readouterr().out.splitlines()
    assert (0, "shop/1, version 1, whole", "sale/1") == (status, told[0], told[1])
    assert ["not used: $.lines[].weight", "not used: $.note"] == told[-2:]


def test_a_broken_rule_is_told(tried: Try, capsys: pytest.CaptureFixture[str]) -> None:
    """No net of whole cents gives 0.03 with 20 %, which is no fault; a tax of 3 in 10 is one."""
    assert 0 == tried({**SALE, "lines": [{"amount": "0.03"}]})
    assert 1 == tried({**SALE, "lines": [{"amount": "0.03"}, {"amount": 10, "tax": 3}]})
    assert "breaks: sale/1: line-gross at $.lines[1].settlementAmount" in capsys.readouterr().out


def test_a_file_that_does_not_map_is_told(tried: Try, capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == tried({**SALE, "time": None})
    assert "does not map: time at sale.time" in capsys.readouterr().out


def test_an_unknown_receiver_is_told_with_a_proposal(
    tried: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == tried(SALE, "shp")
    assert "no receiver 'shp'; did you mean 'shop'?\n" == capsys.readouterr().out


def test_a_sample_has_headers_and_the_body_as_it_was_sent(
    tried: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    form = "payload=" + json.dumps(SALE).replace(" ", "+")

    assert 0 == tried({"headers": {"x-topic": "paid"}, "body": form})
    assert 0 == tried({"headers": {"X-Topic": "note"}, "body": SALE})
    assert "passed over" in capsys.readouterr().out
    assert 1 == tried({"headers": {"X-Topic": "other"}, "body": SALE})


def test_what_the_vendors_api_answers_is_tried_in_the_place_of_the_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECEIVERS_DIR", str(CODE / "receivers"))
    file = CODE / "receivers/samples/square/sale/delivery-1.json"

    status = try_command.run(argparse.Namespace(name="square", file=file, topic=None))

    told = capsys.readouterr().out.splitlines()
    assert (0, "is asked of the vendor: https://connect.squareup.com/v2/orders/") == (
        status,
        told[0].rpartition("SALE")[0],
    )


def test_check_lists_the_receivers_or_their_mistakes(
    tried: Try, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == check_command.run(argparse.Namespace())
    (tmp_path / "receivers" / "bad.toml").write_text(TRIED.replace('"id"', '"id["', 1))
    assert 1 == check_command.run(argparse.Namespace())

    told = capsys.readouterr().out.splitlines()
    assert "shop      A shop  token      paid" == told[1]
    assert "bad.toml:6: sale: key: no JMESPath" in told[2]
