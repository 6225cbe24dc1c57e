"""The receivers that come with the clone, for every test of them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tillstream.receivers.definition import Receiver
from tillstream.receivers.definitions_file import load


@pytest.fixture(scope="module")
def receivers() -> Mapping[str, Receiver]:
    return load(Path("receivers"))
