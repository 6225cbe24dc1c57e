"""A MongoDB that does not answer for a while."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient


@contextmanager
def frozen(client: MongoClient[dict[str, Any]]) -> Iterator[None]:
    """Nothing is answered within the block."""
    pid = int(client.admin.command("serverStatus")["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
