"""Reads SalesInvoices of a SAF-T (PT) file, and compares them with the totals before them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import Element

from connectors.files.amounts import AmountError, rounded
from connectors.files.found import Account, Closing, Found
from connectors.files.import_errors import ImportFileError, RefusedReceiptError
from connectors.files.saft_pt.chain import UNCHECKED, Chain
from connectors.files.saft_pt.masters import Masters
from connectors.files.saft_pt.receipts import Invoice, amount
from connectors.files.turned import turned
from connectors.files.xml_records import XmlFile, text

ROOT = "AuditFile"
SALES = "SalesInvoices"
TOTALS = ("NumberOfEntries", "TotalDebit", "TotalCredit")
MASTERS = ("Header", "Product", "TaxTableEntry")
#: InvoiceStatus: cancelled, and billed by another document of the file.
CANCELLED, BILLED = "A", "F"
#: Days and series of the summary.
MAX_ROWS = 100_000


class SaftReader:
    """One file. `size` and `position` are bytes."""

    def __init__(self, path: Path, file: XmlFile) -> None:
        self._name = path.name
        self._file = file
        self.size = path.stat().st_size
        self.account = Account(unchecked=[UNCHECKED])
        self._masters = Masters()
        self._chain = Chain()
        self._said: dict[str, str] = {}
        self._entries = self._debit = self._credit = 0
        self._rows: dict[tuple[str, str], Closing] = {}

    def position(self) -> int:
        """Bytes so far."""
        return self._file.position

    def receipts(self) -> Iterator[Found]:
        """A receipt for each document; of a cancelled one, the receipt that takes it back too."""
        for line, parent, element in self._file.records():
            place = f"{self._name}:{line}"
            if element.tag in TOTALS:
                if parent == SALES:
                    self._said[element.tag] = element.text or ""
            elif element.tag in MASTERS:
                self._masters.note(element)
            elif parent == SALES:
                yield from self._invoice(place, element)
        self._compare()

    def _invoice(self, place: str, element: Element) -> Iterator[Found]:
        self._entries += 1
        number = text(element, "InvoiceNo")
        hashes = text(element, "Hash"), text(element, "HashControl")
        self._chain.link(number, *hashes, text(element, "SystemEntryDate"))
        try:
            invoice = Invoice(element, self._masters)
        except RefusedReceiptError as error:
            self.account.refuse(place, f"{number}: {error}")
            return
        if invoice.mismatch:
            self.account.problems.append(invoice.mismatch)
        if invoice.status not in (CANCELLED, BILLED):
            self._debit += invoice.debit
            self._credit += invoice.credit
        if invoice.status == BILLED:
            self.account.set_apart("billed by another document")
            return
        row = self._row(invoice)
        row.receipts += 1
        row.gross += round(invoice.receipt["documentTotal"]["grossTotal"] * 100)
        yield Found(place, invoice.receipt)
        if invoice.status == CANCELLED:
            back = turned(invoice.receipt) | {
                "cashReceiptID": f"{invoice.number} anulado"[:64],
                "corrects": invoice.number,
            }
            row.receipts += 1
            row.gross += round(back["documentTotal"]["grossTotal"] * 100)
            yield Found(place, back)

    def _row(self, invoice: Invoice) -> Closing:
        key = (invoice.day, invoice.series)
        if key not in self._rows:
            if len(self._rows) >= MAX_ROWS:
                raise ImportFileError(f"more than {MAX_ROWS} days and series; export less at once")
            self._rows[key] = Closing(*key)
        return self._rows[key]

    def _compare(self) -> None:
        self.account.closings = list(self._rows.values())
        self.account.problems.extend(self._chain.problems)
        is_ = {"NumberOfEntries": str(self._entries)}
        for name, sum_ in (("TotalDebit", self._debit), ("TotalCredit", self._credit)):
            is_[name] = f"{rounded(sum_) / 100:.2f}"
        for name, found in is_.items():
            said = self._said.get(name, "")
            try:
                same = amount(said) == amount(found) and bool(said)
            except AmountError:
                same = False
            if not same:
                self.account.problems.append(f"{name} says {said or 'nothing'}, it is {found}")


@contextmanager
def opened(path: Path) -> Iterator[SaftReader]:
    """The file at `path`. Raises OSError."""
    with path.open("rb") as source:
        yield SaftReader(path, XmlFile(source, {*MASTERS, *TOTALS, "Invoice"}))
