"""The files of the analytic archive as the ledger sees them: days that MongoDB may have dropped."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import fsspec
import pyarrow.parquet

from analytics.verify.archive import Stored
from analytics.verify.written_days import all_around
from tillstream.earlier_keys import names_no_day, todays_key
from tillstream.identity import digest_of_key
from tillstream.money import MINOR_UNITS
from tillstream.parquet_manifest import LAYOUT, MANIFEST, ArchivedDay, Manifest, decode

#: Receipts that are read together.
BATCH = 50_000
_COLUMNS = ["key", "store", "gross", "date"]


class ParquetDays:
    """The days that a manifest names, as it is when this is made. Raises OSError, ManifestError."""

    def __init__(self, url: str) -> None:
        """`url` is a folder or an fsspec URL (PARQUET_URL)."""
        self._files, root = fsspec.url_to_fs(url)
        self._root = root.rstrip("/")
        try:
            content = self._files.cat_file(f"{self._root}/{MANIFEST}")
        except FileNotFoundError:
            self._manifest = Manifest()
        else:
            self._manifest = decode(content, f"{self._root}/{MANIFEST}")

    def sums(self) -> dict[date, tuple[int, int]]:
        """Receipts and gross in cents of each business day."""
        return {
            day: (archived.totals.receipts, _cents(archived.totals.gross))
            for day, archived in self._manifest.days.items()
        }

    def near(self, days: Iterable[int]) -> list[date]:
        """Business days with receipts, maybe, that tills dated on one of these days (ordinals)."""
        near = all_around(days)
        return [day for day in self._manifest.days if day.toordinal() in near]

    def receipts(self, day: date) -> Iterator[Stored]:
        """Every receipt of a business day."""
        archived = self._manifest.days[day]
        with self._files.open(f"{self._root}/{archived.file}") as file:
            for batch in pyarrow.parquet.ParquetFile(file).iter_batches(BATCH, columns=_COLUMNS):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield _stored(day, archived, *row)


def _stored(
    day: date, archived: ArchivedDay, key: str, store: str, gross: Decimal, sold: Any
) -> Stored:
    if archived.layout < LAYOUT:
        key = todays_key(key)
        if names_no_day(key):
            # The till's own day, but for its offset, which decides near midnight alone.
            key = f"{sold.date()}/{key}"
    return Stored(digest_of_key(key), day.isoformat(), store, _cents(gross))


def _cents(euros: Decimal) -> int:
    return int(euros * MINOR_UNITS)
