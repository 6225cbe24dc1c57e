"""What an export says of its closings: till, store, currency, VAT rates, and its own sums."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connectors.files.amounts import SCALE, AmountError
from connectors.files.dsfinvk.business_cases import TOGETHER
from connectors.files.dsfinvk.rows import Row
from connectors.files.import_errors import ImportFileError

Key = tuple[str, str, str]
#: Closings of one file: a till has some 300 in a year.
MAX_CLOSINGS = 200_000
#: VAT keys, business cases by VAT key and tenders of a closing: a till has 60 or so.
MAX_SUMS = 1_000

#: Table -> columns behind those of the closing; a file without the optional ones can be read.
WANTED: dict[str, tuple[str, ...]] = {
    "cashpointclosing.csv": ("Z_BUCHUNGSTAG", "NAME", "Z_SE_ZAHLUNGEN", "Z_SE_BARZAHLUNGEN"),
    "location.csv": ("LOC_NAME",),
    "cashregister.csv": ("KASSE_BASISWAEH_CODE",),
    "vat.csv": ("UST_SCHLUESSEL", "UST_SATZ"),
    "businesscases.csv": ("GV_TYP", "UST_SCHLUESSEL", "Z_UMS_BRUTTO"),
    "payment.csv": ("ZAHLART_TYP", "Z_ZAHLART_BETRAG"),
}


@dataclass(slots=True)
class Till:
    """A closing of a till: what its receipts need, and the sums that it printed."""

    store: str = ""
    day: str = ""
    currency: str = "EUR"
    exponent: int = 2
    rates: dict[str, float] = field(default_factory=dict)
    #: Whether cashpointclosing.csv has it.
    is_closed: bool = False
    #: Hundred-thousandths: by business case and VAT key, by tender; all tenders, and cash,
    #: where they are told.
    cases: dict[tuple[str, str], int] = field(default_factory=dict)
    tenders: dict[str, int] = field(default_factory=dict)
    payments: int | None = None
    cash: int | None = None

    def decimal(self, minor: int) -> float:
        """Minor units as the contract has amounts."""
        return minor / int(10**self.exponent)


def tills(
    rows: Callable[[str, tuple[str, ...]], Iterator[tuple[int, Row]]],
    amount: Callable[[str], Callable[[str], int]],
    exponent: Callable[[str], int],
) -> dict[Key, Till]:
    """Closing -> what the master tables and the closing's sums say.

    `rows(table, columns)` reads a table, nothing where there is none; `amount(table)` reads its
    numbers. Raises ImportFileError.
    """
    made: dict[Key, Till] = {}
    names: dict[Key, str] = {}
    for table, columns in WANTED.items():
        read = amount(table)
        for line, row in rows(table, columns):
            key = (row[0], row[1], row[2])
            till = made.setdefault(key, Till())
            if len(made) > MAX_CLOSINGS:
                raise ImportFileError(f"more than {MAX_CLOSINGS} closings; import shorter periods")
            if len(till.rates) + len(till.cases) + len(till.tenders) > MAX_SUMS:
                raise ImportFileError(
                    f"{table}:{line}: a closing has more than {MAX_SUMS} VAT keys, business cases"
                    " and tenders; export it again"
                )
            try:
                _note(table, till, row[3:], read)
            except AmountError as error:
                raise ImportFileError(f"{table}:{line}: {error}") from error
            if table == "cashpointclosing.csv":
                names[key] = row[4]
    for key, till in made.items():
        till.store = (till.store or names.get(key, "") or key[0]).strip()[:64]
        till.day = till.day.strip() or key[1][:10]
        till.exponent = exponent(till.currency)
    return made


def _note(table: str, till: Till, cells: Row, read: Callable[[str], int]) -> None:
    match table:
        case "cashpointclosing.csv":
            till.is_closed = True
            till.day = cells[0]
            till.payments, till.cash = (read(cell) if cell.strip() else None for cell in cells[2:])
        case "location.csv":
            till.store = " ".join(cells[0].split())
        case "cashregister.csv":
            till.currency = cells[0].strip() or "EUR"
        case "vat.csv":
            till.rates[cells[0]] = read(cells[1]) / SCALE
        case "businesscases.csv":
            case = (TOGETHER.get(cells[0], cells[0]), cells[1])
            till.cases[case] = till.cases.get(case, 0) + read(cells[2])
        case "payment.csv":
            till.tenders[cells[0]] = till.tenders.get(cells[0], 0) + read(cells[1])
