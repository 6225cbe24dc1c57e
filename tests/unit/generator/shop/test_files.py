"""Files of a shop's events: the same seed is the same file, in the shape of the public data set."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from generator.shop import events, files

ROWS = events.CHUNK + 1_000


def _rows(path: Path) -> list[list[str]]:
    with files.open_unpacked(path) as file:
        return [line.split(",") for line in file.read(1 << 30).decode().splitlines()]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    path = tmp_path_factory.mktemp("shop") / "events.csv"
    with files.create(path) as out:
        files.write_shop(out, ROWS, 1)
    return _rows(path)


@pytest.mark.parametrize("end", ["", ".gz", ".zst"])
def test_the_same_seed_is_the_same_file_packed_or_not(
    tmp_path: Path, rows: list[list[str]], end: str
) -> None:
    digests = []
    for name in ("first", "second"):
        path = tmp_path / f"{name}.csv{end}"
        with files.create(path) as out:
            files.write_shop(out, ROWS, 1)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())

    assert digests[0] == digests[1]
    assert rows == _rows(path)


def test_another_seed_is_another_shop(tmp_path: Path, rows: list[list[str]]) -> None:
    path = tmp_path / "other.csv"
    with files.create(path) as out:
        files.write_shop(out, 1_000, 2)

    assert 0 == sum(a[1:] == b[1:] for a, b in zip(rows[1:], _rows(path)[1:], strict=False))


def test_a_shorter_file_is_the_beginning_of_a_longer_one(
    tmp_path: Path, rows: list[list[str]]
) -> None:
    path = tmp_path / "short.csv"
    with files.create(path) as out:
        files.write_shop(out, 1_000, 1)

    assert rows[:1_001] == _rows(path)


def test_events_are_ordered_and_mostly_views_of_a_few_products(rows: list[list[str]]) -> None:
    header, body = rows[0], rows[1:]
    kinds = Counter(row[1] for row in body)
    products = Counter(row[2] for row in body)
    sessions = Counter(row[8] for row in body)
    times = [row[0] for row in body]

    assert list(events.NAMES) == header
    assert ROWS == len(body)
    assert sorted(times) == times
    assert kinds["view"] > 0.95 * ROWS
    assert kinds["cart"] > kinds["purchase"] > 0.01 * ROWS
    assert sum(times for _, times in products.most_common(100)) > 0.4 * ROWS
    assert 3 < ROWS / len(sessions) < 6
    assert 0.2 < sum(row[4] == "" for row in body) / ROWS < 0.5
    assert 0.05 < sum(row[5] == "" for row in body) / ROWS < 0.3
    assert {2} == {len(row[6].split(".")[1]) for row in body}


def test_a_session_is_of_one_user(rows: list[list[str]]) -> None:
    users = {(row[8], row[7]) for row in rows[1:]}

    assert len({session for session, _ in users}) == len(users)
