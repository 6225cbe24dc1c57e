"""Reads the receipts of a file, one after the other: NDJSON, CSV or Parquet."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from tillstream.errors import TillstreamError
from tillstream.receipt import DocumentTotal, Line, Settlement

#: A row of a table: column to value.
Row = Mapping[str, Any]

LINE_COLUMNS = tuple(field.encode_name for field in msgspec.structs.fields(Line))
#: The columns that make two neighbouring rows lines of the same receipt.
IDENTITY = ("storeID", "terminalID", "cashReceiptID", "date")
PARQUET_ROWS = 1000

# Decimals of Parquet keep their digits.
_encoder = msgspec.json.Encoder(decimal_format="number")


class UnreadableFileError(TillstreamError):
    """A file that is not what its ending says, from some place on; `path` and `reason`."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} is no {path.suffix} from here on: {reason}")


def read(path: Path) -> Iterator[bytes]:
    """The receipts of `path` as JSON, in the file's order; its ending says the format.

    `.ndjson`, `.jsonl` and `.json` are a receipt a line, taken as they are. `.csv` is laid
    out as docs/formats.md has it. `.parquet` has either a row a receipt, with `lines` and
    `settlements` as lists of structs, or the columns of the CSV. Raises UnreadableFileError.
    """
    try:
        yield from READERS[path.suffix.lower()](path)
    except (OSError, ValueError, csv.Error) as error:
        raise UnreadableFileError(path, str(error)) from error


def read_ndjson(path: Path) -> Iterator[bytes]:
    """Each line that is not empty."""
    with path.open("rb") as file:
        for line in file:
            if text := line.strip():
                yield text


def read_csv(path: Path) -> Iterator[bytes]:
    """Neighbouring rows of one receipt as that receipt."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from _joined(csv.DictReader(file, strict=True))


def read_parquet(path: Path) -> Iterator[bytes]:
    """Rows in batches, so that a file may be larger than the memory."""
    # Large, and needed by no other mode.
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        nested = "lines" in file.schema_arrow.names
        rows = (row for batch in file.iter_batches(PARQUET_ROWS) for row in batch.to_pylist())
        if nested:
            for row in rows:
                yield _encoded(
                    {name: value for name, value in row.items() if _is_given(name, value)}
                )
        else:
            yield from _joined(rows)


READERS: dict[str, Callable[[Path], Iterator[bytes]]] = {
    ".ndjson": read_ndjson,
    ".jsonl": read_ndjson,
    ".json": read_ndjson,
    ".csv": read_csv,
    ".parquet": read_parquet,
}


def _joined(rows: Iterable[Row]) -> Iterator[bytes]:
    for _, group in groupby(rows, key=lambda row: [row.get(name) for name in IDENTITY]):
        lines = list(group)
        first = lines[0]
        receipt: dict[str, Any] = {
            name: value
            for name, value in first.items()
            if name not in LINE_COLUMNS and name is not None and "." not in name
            if _is_given(name, value)
        }
        for name in ("agentID", "customerID"):
            value = first.get(name)
            receipt[name] = None if value == "" else value
        receipt["lines"] = [_typed(Line, row) for row in lines]
        receipt["documentTotal"] = _typed(DocumentTotal, _under("documentTotal", first))
        groups = dict.fromkeys(
            name.partition(".")[0] for name in first if str(name).startswith("settlement")
        )
        receipt["settlements"] = [
            _typed(Settlement, tender)
            for group_name in groups
            if (tender := _under(group_name, first)).get("paymentMechanism")
        ]
        yield _encoded(receipt)


def _under(group: str, row: Row) -> dict[str, Any]:
    return {
        name.partition(".")[2]: value
        for name, value in row.items()
        if str(name).startswith(group + ".")
    }


def _typed(kind: type[msgspec.Struct], row: Row) -> dict[str, Any]:
    """The fields of `kind` in a row; texts become numbers where the contract has numbers."""
    names = {field.encode_name for field in msgspec.structs.fields(kind)}
    given = {name: value for name, value in row.items() if name in names}
    try:
        built = msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError:
        return given  # the door says what is wrong with it
    # A number that is whole is written as such: 2, not 2.0.
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in json.loads(msgspec.json.encode(built)).items()
    }


def _encoded(receipt: dict[str, Any]) -> bytes:
    date = receipt.get("date")
    if isinstance(date, datetime):
        receipt["date"] = _text(date)
    return _encoder.encode(receipt)


def _text(moment: datetime) -> str:
    """A naive time as tills write it, another one with its offset."""
    return moment.isoformat(" " if moment.tzinfo is None else "T")


def _is_given(name: str, value: object) -> bool:
    """Whether a cell says something; an agent and a customer may be nobody."""
    return value not in (None, "") or name in ("agentID", "customerID")
