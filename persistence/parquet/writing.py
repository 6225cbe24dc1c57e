"""Puts a day into the analytic archive, whole or not at all; shared by all that write it.

The critical sequence, for each day:

1. sort: the rows go to a file aside;
2. prove: the file has the receipts and the sums of its rows, store by store, to the cent;
3. publish: the file appears in the archive, under a name of its own;
4. commit: the manifest names it, in one step: from now on it counts;
5. sweep: what the manifest no longer names is removed.

Killed anywhere, the archive is as it was before 4 or as it is after; the next writer sweeps.
"""

from collections.abc import Iterable
from datetime import date

import duckdb

from persistence.parquet import engine
from persistence.parquet.lease import Lease
from persistence.parquet.storage import Storage
from tillstream.clock import Clock, utc
from tillstream.currencies import CURRENCY
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import LAYOUT, ArchivedDay, Manifest, Totals
from tillstream.query_engine import quoted


class DayDiffersError(TillstreamError):
    """A day whose sums do not agree; the archive was left as it was. `day` is which."""

    def __init__(self, day: date, what: str) -> None:
        self.day = day
        super().__init__(f"{day}: {what}; the day was left as it was")


class Writing:
    """The archive while the lease is held, swept of what an interrupted writer left."""

    def __init__(self, storage: Storage, lease: Lease, clock: Clock) -> None:
        self.storage = storage
        self.lease = lease
        self._clock = clock
        self.manifest = storage.manifest()
        storage.sweep(self.manifest)

    def put(
        self,
        connection: duckdb.DuckDBPyConnection,
        day: date,
        relation: str,
        as_before: str | None = None,
    ) -> ArchivedDay:
        """Let the rows of `relation` be the day; with the sums of `as_before`, where given.

        Raises DayDiffersError.
        """
        expected = engine.by_store(connection, as_before or relation)
        # 1. sort
        with self.storage.file_to_write() as path:
            engine.write(connection, relation, path)
            # 2. prove
            written = engine.by_store(connection, f"read_parquet({quoted(str(path))})")
            if written != expected:
                raise DayDiffersError(day, "the file does not have the sums of its receipts")
            # 3. publish
            self.lease.renew()
            file = self.storage.publish(path, day)
        # 4. commit
        totals = engine.total(written)
        archived = ArchivedDay(
            file=file,
            totals=totals.pop(CURRENCY, Totals()),
            others=totals,
            writtenAt=utc(self._clock()),
            layout=LAYOUT,
        )
        self.commit(self.manifest.with_day(day, archived))
        # 5. sweep
        self.storage.sweep(self.manifest)
        return archived

    def note_dropped(self, days: Iterable[date]) -> None:
        """From here on MongoDB may lack receipts of these days."""
        self.commit(self.manifest.dropping(days, utc(self._clock())))

    def drop_before(self, first: date) -> int:
        """Remove the days before `first`, all in one step; returns how many there were."""
        kept = self.manifest.since(first)
        dropped = len(self.manifest.days) - len(kept.days)
        if dropped:
            self.commit(kept)
            self.storage.sweep(kept)
        return dropped

    def commit(self, manifest: Manifest) -> None:
        """Let `manifest` be the archive from now on."""
        self.lease.renew()
        self.storage.commit(manifest)
        self.manifest = manifest
