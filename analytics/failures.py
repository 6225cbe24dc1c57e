"""What stops what works on the ledger although nothing of ours is wrong, as one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analytics.ledger.ledger_errors import LedgerUnreadableError
from tillstream.runtime import failures
from tillstream.runtime.state_file import damage_told


@contextmanager
def failures_told(ledger: Path) -> Iterator[None]:
    """Raises TillstreamError where a server is away, the ledger damaged, or its disk full."""
    servers, file = "the broker or MongoDB", f"the ledger {ledger}"
    with failures.failures_told(servers, file), damage_told(ledger, LedgerUnreadableError):
        yield
