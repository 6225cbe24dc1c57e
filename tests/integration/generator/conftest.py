"""A door and a generator for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_door import FakeDoor
from tests.support.generator_command import Generator


@pytest.fixture
def door() -> Iterator[FakeDoor]:
    yield from _open_door()


@pytest.fixture
def other_door() -> Iterator[FakeDoor]:
    yield from _open_door()


def _open_door() -> Iterator[FakeDoor]:
    door = FakeDoor()
    door.start()
    yield door
    door.stop()


@pytest.fixture
def generator(tmp_path: Path) -> Generator:
    return Generator(tmp_path)
