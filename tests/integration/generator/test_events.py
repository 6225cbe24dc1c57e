"""Events of the shop and of pages, as they reach a door: each once, whatever it answers first."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.__main__ import main
from generator.shop import files
from tests.support.fake_events_door import FakeEventsDoor

ROWS = 3_000


@pytest.fixture(autouse=True)
def put_back(logs_put_back: None, signals_put_back: None) -> None:
    """What a command changes of its process."""


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[FakeEventsDoor]:
    door = FakeEventsDoor(getattr(request, "param", ()))
    yield door
    door.stop()


@pytest.fixture
def events_file(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv.zst"
    assert 0 == main(["shop-csv", "--rows", str(ROWS), "--seed", "3", "--out", str(path)])
    return path


def _lines(path: Path) -> list[bytes]:
    with files.open_unpacked(path) as file:
        return file.read(1 << 30).splitlines()


@pytest.mark.parametrize("door", [(), (503, 0)], indirect=True)
def test_every_line_is_accepted_once_under_its_own_header(
    door: FakeEventsDoor, events_file: Path, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.json"
    words = ["--to", door.url, "--speed", "max", "--batch-bytes", "50000", "--json", str(summary)]
    status = main(["replay", str(events_file), *words])
    header, *lines = _lines(events_file)
    bodies = [body.splitlines() for body in door.accepted.values()]
    said = json.loads(summary.read_bytes())

    assert 0 == status
    assert {("/events/shop")} == {path for path, _ in door.accepted}
    assert {header} == {body[0] for body in bodies}
    assert sorted(lines) == sorted(line for body in bodies for line in body[1:])
    assert (ROWS, ROWS, 0, 0) == tuple(said[n] for n in ("sent", "accepted", "refused", "lost"))
    assert len(door.failures) * len(bodies) == said["retries"]


def test_refused_rows_are_counted_and_named(
    door: FakeEventsDoor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.csv.gz"
    row = b"2019-10-01 00:00:%02d UTC,%s,1\n"
    lines = [row % (n, b"look" if n % 10 == 0 else b"view") for n in range(60)]
    path.write_bytes(gzip.compress(b"event_time,event_type,product_id\n" + b"".join(lines)))
    status = main(["shop-replay", str(path), "--to", door.url, "--speed", "max"])
    out = capsys.readouterr().out

    assert 1 == status
    assert "accepted                 54\nrefused                   6" in out
    assert "event_type: unknown (6)" in out


def test_events_are_sent_by_their_own_times(door: FakeEventsDoor, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    rows = "".join(f"2019-10-01 00:{n:02d}:00 UTC,view,1\n" for n in range(21))
    path.write_text("event_time,event_type,product_id\n" + rows)
    begun = time.monotonic()
    status = main(["shop-replay", str(path), "--to", door.url, "--speed", "2400"])
    seconds = time.monotonic() - begun

    assert 0 == status
    # 20 minutes of data at 40 minutes a second, in parcels of 4 minutes.
    assert 0.5 <= seconds
    assert 6 == len(door.accepted)


@pytest.mark.parametrize("door", [(), (0,)], indirect=True)
def test_each_tracked_event_is_confirmed(
    door: FakeEventsDoor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("API_KEY", "a key")
    status = main(["track", "--requests", "50", "--connections", "3", "--to", door.url])

    assert 0 == status
    assert 50 == len(door.accepted)
    assert {"a key"} == door.tokens
    assert "confirmed 50 of 50" in capsys.readouterr().out
