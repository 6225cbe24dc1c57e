"""What stops a worker or a command although nothing of ours is wrong, as one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pika.exceptions

from analytics.ledger.ledger_errors import damage_told
from tillstream.errors import ServerNotReadyError, TillstreamError


@contextmanager
def failures_told(ledger: Path) -> Iterator[None]:
    """Raises TillstreamError where a server is away, the ledger damaged, or its disk full."""
    try:
        with damage_told(ledger):
            yield
    except pika.exceptions.AMQPError as error:
        raise ServerNotReadyError(f"the broker or MongoDB is away: {error!r}") from error
    except sqlite3.OperationalError as error:
        # A disk that is full, or files that may not be written: no receipt is to blame.
        raise TillstreamError(
            f"the ledger {ledger} cannot be used now: {error}; it goes on where it"
            " was once that is mended"
        ) from error
