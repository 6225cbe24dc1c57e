"""What the generators write is what the door takes: every row, under the definitions here."""

import time
from pathlib import Path

import pytest

from entrypoint.events import body
from entrypoint.events.contract import Contract
from generator.__main__ import main
from generator.online.entities import STREAMS
from tests.support.shop_events import definitions

MOST = body.Most(100_000, 100_000_000)


@pytest.fixture(autouse=True)
def put_back(logs_put_back: None, signals_put_back: None) -> None:
    """What a command changes of its process."""


def test_the_door_takes_every_row_of_clicks(tmp_path: Path) -> None:
    words = ["--clicks", "4000", "--purchases", "900", "--users", "200", "--sources", "10"]
    assert 0 == main(["clicks", *words, "--closing", "--out", str(tmp_path)])
    files = sorted(tmp_path.glob("0*.csv"))
    taken = dict.fromkeys(("users", "products", "clicks", "purchases"), 0)
    for path in files:
        stream = path.stem.partition("-")[2]
        contract = Contract(definitions().streams[stream])
        read = body.read_csv(contract, path.read_bytes(), time.time_ns() // 1_000, MOST)
        assert [] == list(read.refusals)
        taken[stream] += read.events.num_rows

    assert {"users": 200, "products": 500, "clicks": 4_001, "purchases": 901} == taken


def test_the_door_takes_every_message_of_the_shop(tmp_path: Path) -> None:
    assert 0 == main(["shop", "--count", "5000", "--out", str(tmp_path)])
    declared = definitions().streams
    refused = {}
    for stream in set(STREAMS) & set(declared):
        lines = (tmp_path / f"{stream}.ndjson").read_bytes()
        read = body.read_ndjson(Contract(declared[stream]), lines, time.time_ns() // 1_000, MOST)
        refused[stream] = read.refused

    assert "products" in refused
    assert dict.fromkeys(refused, 0) == refused
