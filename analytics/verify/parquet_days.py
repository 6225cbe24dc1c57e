"""The files of the analytic archive as the ledger sees them: days that MongoDB may have dropped."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar

import fsspec
import pyarrow
import pyarrow.parquet

from analytics.verify.archive import Stored
from analytics.verify.written_days import all_around
from tillstream.currencies import CURRENCY
from tillstream.earlier_keys import names_no_day, todays_key
from tillstream.errors import TillstreamError, UndecodableMessageError
from tillstream.identity import digest_of_key
from tillstream.manifest_file import MANIFEST
from tillstream.parquet_manifest import (
    TODAYS_KEYS,
    WITH_CURRENCY,
    ArchivedDay,
    Manifest,
    decode,
    minor_unit,
)

#: Receipts that are read together.
BATCH = 50_000
#: Of them a file of an early layout has no currency.
_COLUMNS = ["key", "store", "gross", "date", "currency"]

T = TypeVar("T")
#: Makes rows of a batch of a file: the batch, its business day, the file's layout.
RowsOf = Callable[[pyarrow.RecordBatch, date, int], Iterable[T]]


class FileUnreadableError(TillstreamError):
    """A file of the analytic archive that cannot be read."""

    def __init__(self, file: str, error: Exception | str) -> None:
        self.file = file
        said = " ".join(str(error).split())
        super().__init__(
            f"the file {file} of the analytic archive cannot be read: {said}; bring it back from a"
            " backup, and begin again; nothing was changed"
        )


#: What reading raises where a file is gone, damaged, or none of ours.
UNREADABLE = (
    OSError,
    pyarrow.ArrowException,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    UndecodableMessageError,
)


class ParquetDays:
    """The days that a manifest names, as it is when this is made. Raises OSError, ManifestError."""

    def __init__(self, url: str) -> None:
        """`url` is a folder or an fsspec URL (PARQUET_URL)."""
        self._files, root = fsspec.url_to_fs(url)
        self._root = root.rstrip("/")
        self._manifest = self._read_manifest()

    @property
    def days(self) -> list[date]:
        """Every business day that it names, in their order."""
        return list(self._manifest.days)

    @property
    def kept_since(self) -> date | None:
        """The first day that the retention has kept; None where it has removed none."""
        return self._manifest.keptSince

    def sums(self) -> dict[date, tuple[int, int]]:
        """Receipts and minor units of gross of business days that MongoDB may lack receipts of."""
        return {
            day: (
                archived.receipts,
                sum(_minor(of.gross, currency) for currency, of in archived.by_currency.items()),
            )
            for day, archived in self._manifest.days.items()
            if archived.droppedAt is not None
        }

    def near(self, days: Iterable[int]) -> list[date]:
        """Business days with receipts, maybe, that tills dated on one of these days (ordinals)."""
        near = all_around(days)
        return [day for day in self._manifest.days if day.toordinal() in near]

    def moved_near(self, days: Iterable[int]) -> list[date]:
        """Of `near` those that MongoDB may lack receipts of."""
        moved = set(self._manifest.dropped())
        return [day for day in self.near(days) if day in moved]

    def receipts(self, day: date) -> Iterator[Stored]:
        """Every receipt of a business day. Raises FileUnreadableError."""
        return chain.from_iterable(self.read(day, BATCH, _stored_of, _COLUMNS))

    def read(
        self, day: date, size: int, rows_of: RowsOf[T], columns: list[str] | None = None
    ) -> Iterator[list[T]]:
        """What `rows_of` makes of a business day, `size` rows at a time; of these columns, or all.

        Raises FileUnreadableError.
        """
        archived, file = self._opened(day)
        where = f"{self._root}/{archived.file}"
        with file:
            batches = _batches(file, size, columns, archived.receipts)
            while True:
                try:
                    batch = next(batches, None)
                    rows = None if batch is None else list(rows_of(batch, day, archived.layout))
                except UNREADABLE as error:
                    raise FileUnreadableError(where, error) from error
                if rows is None:
                    return
                yield rows

    def _opened(self, day: date) -> tuple[ArchivedDay, Any]:
        archived = self._manifest.days[day]
        try:
            return archived, self._files.open(f"{self._root}/{archived.file}")
        except OSError as error:
            # A day that was written again meanwhile has another file, with more receipts.
            archived = self._read_manifest().days.get(day, archived)
            where = f"{self._root}/{archived.file}"
            if archived == self._manifest.days[day]:
                raise FileUnreadableError(where, error) from error
        try:
            return archived, self._files.open(where)
        except OSError as error:
            raise FileUnreadableError(where, error) from error

    def _read_manifest(self) -> Manifest:
        where = f"{self._root}/{MANIFEST}"
        try:
            return decode(self._files.cat_file(where), where)
        except FileNotFoundError:
            return Manifest()


def _batches(
    file: Any, size: int, columns: list[str] | None, receipts: int
) -> Iterator[pyarrow.RecordBatch]:
    opened = pyarrow.parquet.ParquetFile(file)
    if opened.metadata.num_rows != receipts:
        raise ValueError(f"it has {opened.metadata.num_rows} receipts, not {receipts}")
    yield from opened.iter_batches(size, columns=columns)


def _stored_of(batch: pyarrow.RecordBatch, day: date, layout: int) -> Iterator[Stored]:
    columns = [batch[name].to_pylist() for name in ("key", "store", "gross", "date")]
    for row in zip(*columns, currencies_of(batch, layout), strict=True):
        yield _stored(day, layout, *row)


def currencies_of(batch: pyarrow.RecordBatch, layout: int) -> list[str]:
    """The currency of each receipt of a batch of a file of `layout`."""
    if layout < WITH_CURRENCY:
        return [CURRENCY] * len(batch)
    found: list[str] = batch["currency"].to_pylist()
    return found


def _stored(
    day: date, layout: int, key: str, store: str, gross: Decimal, sold: Any, currency: str
) -> Stored:
    if layout < TODAYS_KEYS:
        key = todays_key(key)
        if names_no_day(key):
            # The till's own day, but for its offset, which decides near midnight alone.
            key = f"{sold.date()}/{key}"
    return Stored(digest_of_key(key), day.isoformat(), store, _minor(gross, currency), currency)


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount / minor_unit(currency))
