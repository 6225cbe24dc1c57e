"""Reads the transactions of a POSLog: it has no closings, each has a total of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.files.amounts import exponent_of
from connectors.files.found import Account, Closing, Found
from connectors.files.import_errors import ImportFileError, RefusedReceiptError
from connectors.files.poslog.receipts import receipt
from connectors.files.poslog.transaction import apart, first
from connectors.files.xml_records import XmlFile

ROOT = "POSLog"
#: Days and tills of the summary.
MAX_ROWS = 100_000


class PoslogReader:
    """One file. `size` and `position` are bytes."""

    def __init__(self, path: Path, file: XmlFile) -> None:
        self._name = path.name
        self._file = file
        self.size = path.stat().st_size
        self.account = Account(unchecked=["closings: a POSLog has none"])
        self._rows: dict[tuple[str, str, str], Closing] = {}

    def position(self) -> int:
        """Bytes so far."""
        return self._file.position

    def receipts(self) -> Iterator[Found]:
        """A receipt for each RetailTransaction that is a sale or a return."""
        for line, _, element in self._file.records():
            place = f"{self._name}:{line}"
            if (why := apart(element)) is not None:
                self.account.set_apart(why)
                continue
            try:
                made, difference = receipt(element)
            except RefusedReceiptError as error:
                self.account.refuse(place, str(error))
                continue
            if difference:
                self.account.problems.append(f"{place}: {difference}, in minor units")
            day = first(element, "BusinessDayDate") or made["date"][:10]
            row = self._row(day, made)
            row.receipts += 1
            row.gross += round(
                made["documentTotal"]["grossTotal"] * 10 ** exponent_of(row.currency)
            )
            yield Found(place, made)
        self.account.closings = list(self._rows.values())

    def _row(self, day: str, made: dict[str, str]) -> Closing:
        key = (day, f"{made['storeID']}/{made['terminalID']}", made.get("currency", "EUR"))
        if key not in self._rows:
            if len(self._rows) >= MAX_ROWS:
                raise ImportFileError(f"more than {MAX_ROWS} days and tills; export less at once")
            self._rows[key] = Closing(key[0], key[1], currency=key[2])
        return self._rows[key]


@contextmanager
def opened(path: Path) -> Iterator[PoslogReader]:
    """The file at `path`. Raises OSError."""
    with path.open("rb") as source:
        yield PoslogReader(path, XmlFile(source, {"Transaction"}))
