"""What the totals worker tells Prometheus: how many it counts, how soon, what it sets aside."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.ledger.ledger_file import Progress
from tillstream.clock import Clock
from tillstream.runtime.watching.figures import (
    Batches,
    Measured,
    file_bytes,
    measured,
)
from tillstream.runtime.watching.watched import Watched
from tillstream.snapshots import CategoriesSnapshot

#: Categories that are shown: what receipts name as one is not ours to bound.
MAX_CATEGORIES = 20

_NOTHING = np.empty(0, np.float64)


class TotalsFigures:
    """Written once a batch, of all its receipts together; one for a process and all its ledgers."""

    def __init__(self, watched: Watched, clock: Clock) -> None:
        self._clock = clock
        self.vitals = watched.vitals
        self._receipts = 0
        self._day_receipts: int | None = None
        self._day_gross: int | None = None
        self._day_categories: dict[str, float | None] = {}
        self._batch: list[npt.NDArray[np.float64]] = []
        self._progress: Callable[[], Progress] = Progress
        self._ledger: Path | None = None
        self._committed = Batches(
            "tillstream_received_to_committed_seconds",
            "Receipts: from the door to the ledger's commit",
            watched.registry,
        )
        measured(
            watched.registry,
            Measured(
                "tillstream_counted_receipts_total",
                "Receipts read from the log, those that came again included",
                lambda: self._receipts,
            ),
            Measured(
                "tillstream_not_counted_receipts",
                "Receipts of the ledger that did not count, by why",
                lambda: _not_counted(self._progress()),
                "why",
            ),
            Measured(
                "tillstream_day_receipts",
                "Receipts of the business day, each identity once",
                lambda: self._day_receipts,
            ),
            Measured(
                "tillstream_day_gross_minor",
                "Gross sum of the business day, cents",
                lambda: self._day_gross,
            ),
            Measured(
                "tillstream_day_category_gross_minor",
                "Gross sum of the business day's largest categories, cents",
                lambda: self._day_categories,
                "category",
            ),
            Measured("tillstream_ledger_bytes", "Size of the ledger", self._ledger_bytes),
        )

    def follow(self, ledger: Path, progress: Callable[[], Progress]) -> None:
        """From now on they are of this ledger."""
        self._ledger, self._progress = ledger, progress

    def _ledger_bytes(self) -> float | None:
        return None if self._ledger is None else file_bytes(self._ledger)

    def day(self, receipts: int, gross_minor: int) -> None:
        """The business day as it was published."""
        self._day_receipts, self._day_gross = receipts, gross_minor

    def categories(self, snapshot: CategoriesSnapshot) -> None:
        """The business day's categories as they were published, largest revenue first."""
        self._day_categories = {
            each.name: each.revenue_minor for each in snapshot.categories[:MAX_CATEGORIES]
        }

    def read(self, received: npt.NDArray[np.float64]) -> None:
        """Receipts of the batch, by when the door received them, Unix seconds."""
        self._batch.append(received)

    def begun(self) -> None:
        """A batch begins, or begins anew."""
        self._batch = []

    def committed(self, next_offset: int | None, log_offset: int | None) -> None:
        """The batch is durable, and the log goes on to there, as far as is known."""
        received = np.concatenate(self._batch) if self._batch else _NOTHING
        self._batch = []
        self._receipts += len(received)
        delays = np.sort(self._clock() - received)
        self._committed.add_ordered(delays.tolist(), float(delays.sum()))
        known = 0 if log_offset is None else max(0, log_offset + 1 - (next_offset or 0))
        # What comes next was received after the newest of these.
        self.vitals.behind(known, max(0.0, float(delays[0])) if len(delays) else 0.0)

    def idle(self) -> None:
        """Nothing more has come."""
        self.vitals.behind(self.vitals.behind_messages, 0.0)


def _not_counted(progress: Progress) -> dict[str, float | None]:
    return {
        "duplicate": progress.duplicates,
        "conflict": progress.conflicts,
        "undecodable": progress.undecodable,
        "set aside": progress.set_aside,
    }
