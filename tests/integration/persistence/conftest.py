"""A filled archive for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.filled_archive import Kept


@pytest.fixture
def kept(mongo_url: str, mongo_database: str, tmp_path: Path) -> Iterator[Kept]:
    """An empty archive."""
    found = Kept(mongo_url, mongo_database, tmp_path)
    yield found
    found.client.close()
