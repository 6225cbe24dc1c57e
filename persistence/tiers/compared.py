"""A day of MongoDB beside the files, receipt by receipt: what may be dropped, and what not."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from persistence.parquet import engine, rows
from persistence.parquet.columns import SCHEMA
from persistence.parquet.export import Heard
from persistence.parquet.stored import UnreadableReceiptError
from persistence.parquet.writing import Writing
from tillstream.errors import TillstreamError
from tillstream.parquet_manifest import ArchivedDay, receipts_in, told

#: What is not of the receipt: where it counts, and when it came. `customer` may be erased.
_BESIDE = ("key", "businessDay", "receivedAt", "storedAt", "customer")
_SAME = " AND ".join(
    f"h.{name} IS NOT DISTINCT FROM f.{name}" for name in SCHEMA.names if name not in _BESIDE
)
#: Keys of one answer of DuckDB.
BATCH = 2_000


class HeldError(TillstreamError):
    """A day that stays in MongoDB; the message says why."""

    def __init__(self, day: date, reason: str) -> None:
        self.day = day
        self.reason = reason
        super().__init__(f"{day} stays in MongoDB: {reason}")


class Again(NamedTuple):
    """A receipt that came again after its day was moved, with another content or customer."""

    key: str
    #: Whether only the customer differs, and the file has none.
    nameless: bool
    customer: str | None
    #: When the one in the file was received.
    kept_received: datetime


class Compared:
    """The relation `compared` of a connection: what MongoDB has of a day, beside the files."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        writing: Writing,
        day: date,
        batches: Iterable[bytes],
    ) -> None:
        """Reads the day; raises HeldError unless every receipt of it is in a file as it is."""
        archived = writing.manifest.days.get(day)
        if archived is None:
            raise HeldError(day, "it is in no file")
        self._connection = connection
        self._day = day
        self.receipts = self._read(batches)
        self._require_sums(writing, archived)
        near = writing.manifest.near([day])
        keys = engine.key_range(connection, "heard")
        known = engine.matching(writing.storage, near, keys)
        connection.execute(
            f"""
            CREATE TEMP TABLE compared AS
            SELECT h.key, f.key IS NULL AS missing, h.storedAt = f.storedAt AS first,
                ({_SAME}) AS same, h.customer, f.customer AS keptCustomer,
                h.customer IS NOT DISTINCT FROM f.customer AS sameCustomer,
                f.receivedAt AS keptReceived
            FROM heard h LEFT JOIN {known} f USING (key)
            """  # noqa: S608 - names and files are ours
        )
        missing, altered = self._counts(
            "count(*) FILTER (missing), count(*) FILTER (first AND NOT (same AND sameCustomer))"
        )
        if missing:
            raise HeldError(day, f"{missing} of its receipts are in no file yet")
        if altered:
            raise HeldError(day, f"{altered} of its receipts are not as the file has them")

    def duplicates(self) -> int:
        """Receipts that came again as the file has them."""
        (found,) = self._counts("count(*) FILTER (NOT first AND same AND sameCustomer)")
        return found

    def again(self) -> list[Again]:
        """Receipts that came again in another way."""
        found = self._connection.execute(
            "SELECT key, same AND keptCustomer IS NULL, customer, keptReceived FROM compared"
            " WHERE NOT first AND NOT (same AND sameCustomer) ORDER BY key"
        ).fetchall()
        return [Again(*row) for row in found]

    def keys(self) -> Iterator[list[str]]:
        """Every key that was read, in order, BATCH together."""
        found = self._connection.execute("SELECT key FROM heard ORDER BY key")
        while part := found.fetchmany(BATCH):
            yield [key for (key,) in part]

    def _read(self, batches: Iterable[bytes]) -> int:
        unreadable: list[UnreadableReceiptError] = []
        heard = Heard(rows.carried(batches, unreadable.append))
        with engine.streamed(self._connection, "stream", heard):
            self._connection.execute("CREATE TEMP TABLE heard AS FROM stream")
        if unreadable:
            raise HeldError(self._day, f"{len(unreadable)} unreadable: {unreadable[0]}")
        said = engine.total(engine.by_store(self._connection, "heard"))
        if heard.totals != said:
            raise HeldError(
                self._day,
                f"its documents have {told(heard.totals)}, its receipts say {told(said)}",
            )
        return receipts_in(said)

    def _require_sums(self, writing: Writing, archived: ArchivedDay) -> None:
        file = engine.files_sql(writing.storage, [archived])
        found = engine.total(engine.by_store(self._connection, file))
        if found != (expected := archived.by_currency):
            raise HeldError(
                self._day, f"its file has {told(found)}, and should have {told(expected)}"
            )

    def _counts(self, what: str) -> tuple[int, ...]:
        found = self._connection.execute(f"SELECT {what} FROM compared").fetchone()  # noqa: S608 - ours
        return found or ()


#: What DuckDB and Arrow raise for a file that cannot be read.
UNREADABLE_FILE = (duckdb.Error, pa.ArrowException)
