"""Several streams as they reach a door: each event once and in order, whatever it answers first."""

import csv
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from generator.__main__ import main
from tests.support.fake_events_door import FakeEventsDoor


@pytest.fixture(autouse=True)
def put_back(logs_put_back: None, signals_put_back: None) -> None:
    """What a command changes of its process."""


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[FakeEventsDoor]:
    door = FakeEventsDoor(getattr(request, "param", ()))
    yield door
    door.stop()


def _rows(door: FakeEventsDoor) -> list[tuple[str, dict[str, str]]]:
    return [
        (path.removeprefix("/events/"), row)
        for (path, _), body in door.accepted.items()
        for row in csv.DictReader(body.decode().splitlines())
    ]


@pytest.mark.parametrize("door", [(), (503, 0)], indirect=True)
def test_clicks_are_sent_in_the_order_of_their_files(door: FakeEventsDoor, tmp_path: Path) -> None:
    files, truth = tmp_path / "files", tmp_path / "truth.csv"
    files.mkdir()
    words = ["clicks", "--clicks", "900", "--purchases", "100", "--users", "30", "--slice", "250"]
    words += ["--start", "2026-03-10T08:00"]
    assert 0 == main([*words, "--to", door.url, "--truth", str(truth)])
    assert 0 == main([*words, "--out", str(files)])
    written = [
        (path.stem.partition("-")[2], path.read_bytes()) for path in sorted(files.glob("0*.csv"))
    ]

    assert written == [
        (path.removeprefix("/events/"), body) for (path, _), body in door.accepted.items()
    ]
    assert (files / "truth.csv").read_bytes() == truth.read_bytes()


def test_a_rate_sends_what_happens_now(door: FakeEventsDoor) -> None:
    before = time.time()
    words = ["--rate", "300", "--seconds", "2", "--users", "20", "--to", door.url]
    status = main(["clicks", *words, "--clicks", "10", "--purchases", "10"])
    rows = _rows(door)
    counts = Counter(stream for stream, _ in rows)
    times = [row["click_time"] for stream, row in rows if stream == "clicks"]

    assert 0 == status
    assert 1.0 <= time.time() - before
    assert 20 == counts["users"]
    assert 0 < counts["clicks"]
    assert all(before - 1 <= _unix(text) <= time.time() for text in times)


def test_visits_are_views_carts_and_purchases_of_now(door: FakeEventsDoor) -> None:
    before = int(time.time())
    status = main(["visits", "--rate", "300", "--seconds", "2", "--to", door.url])
    rows = [row for stream, row in _rows(door) if stream == "shop"]

    assert 0 == status
    assert {"view"} <= {row["event_type"] for row in rows} <= {"view", "cart", "purchase"}
    times = [_unix(row["event_time"].replace(" UTC", "+00:00")) for row in rows]
    assert times == sorted(times)
    assert all(before <= each <= time.time() for each in times)


def test_messages_of_the_shop_come_as_lines_of_json(door: FakeEventsDoor, tmp_path: Path) -> None:
    words = ["shop", "--count", "400", "--start", "2026-03-10T08:00"]
    assert 0 == main([*words, "--to", door.url])
    assert 0 == main([*words, "--out", str(tmp_path)])
    expected = {path.stem: path.read_bytes() for path in tmp_path.iterdir()}

    assert expected == {
        path.removeprefix("/events/"): body for (path, _), body in door.accepted.items()
    }
    assert 400 == sum(len(body.splitlines()) for body in expected.values())
    assert all(json.loads(line) for body in expected.values() for line in body.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ["clicks", "--users", "1"],
        ["clicks", "--rate", "5", "--out", "."],
        ["clicks", "--to", "amqp"],
        ["shop", "--seconds", "5"],
        ["visits"],
        ["shop", "--rate", "5", "--start", "2026-03-10T08:00"],
        ["shop", "--mix", "1,2"],
        ["shop", "--mix", "0,1,1,1,1,1"],
    ],
)
def test_words_that_do_not_hold_end_with_status_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert 2 == ended.value.code
    assert "error: " in capsys.readouterr().err


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
