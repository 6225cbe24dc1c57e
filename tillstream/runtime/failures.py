"""What stops a worker or a command although nothing of ours is wrong, as one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pika.exceptions

from tillstream.errors import ServerNotReadyError, TillstreamError


@contextmanager
def failures_told(servers: str, file: str) -> Iterator[None]:
    """Raises TillstreamError where `servers` are away, or a file of SQLite cannot be used."""
    try:
        yield
    except pika.exceptions.AMQPError as error:
        raise ServerNotReadyError(f"{servers} is away: {error!r}") from error
    except sqlite3.OperationalError as error:
        # A disk that is full, or files that may not be written: nothing that came is to blame.
        raise TillstreamError(
            f"{file} cannot be used now: {error}; it goes on where it was once that is mended"
        ) from error
