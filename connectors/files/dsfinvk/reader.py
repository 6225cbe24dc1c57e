"""Reads an export: closing by closing, each with its receipts and the check of its sums."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.files import amounts
from connectors.files.amounts import AmountError, rounded
from connectors.files.dsfinvk import (
    business_cases,
    index_xml,
    masters,
    order,
    package,
    units,
    unused,
)
from connectors.files.dsfinvk.closing_check import Sums
from connectors.files.dsfinvk.index_xml import Form
from connectors.files.dsfinvk.masters import Till
from connectors.files.dsfinvk.package import INDEX, Package
from connectors.files.dsfinvk.receipts import Maker, Rows
from connectors.files.dsfinvk.rows import HEADS, NEEDED, WANTED, Row, numbered_rows, rows
from connectors.files.dsfinvk.units import KeyedRow, Unit
from connectors.files.found import Account, Closing, Found, Kept
from connectors.files.import_errors import ImportFileError, RefusedReceiptError
from tillstream.dsfinvk_tables import CLOSING

#: Tables of Rows, in its order.
DETAILS = (
    "lines.csv", "lines_vat.csv", "transactions_vat.csv", "datapayment.csv", "references.csv",
)  # fmt: skip
#: Of problems of one kind, how many are named.
NAMED = 20


class DsfinvkReader:
    """One export. `size` and `position` are rows of transactions.csv."""

    def __init__(self, package: Package, name: str, exponent: Callable[[str], int]) -> None:
        missing = [table for table in NEEDED if table not in package.sizes]
        if missing:
            within = [other for other in package.others if other.endswith(".zip")]
            mend = f"; unpack it and import {', '.join(within[:3])}" if within else ""
            raise ImportFileError(
                f"{name} is no DSFinV-K export: it has no {', '.join(missing)}{mend}"
            )
        self._package = package
        self._name = name
        self._exponent = exponent
        self._forms = {table: Form() for table in package.sizes}
        self.account = Account()
        if INDEX in package.sizes:
            with package.open(INDEX) as source:
                self._forms |= index_xml.forms(source)
        else:
            self.account.unchecked.append("there is no index.xml: the tables are read as usual")
        self._amounts = {
            table: amounts.reader(form.decimal_sign, form.grouping)
            for table, form in self._forms.items()
        }
        self._maker = Maker(self._amounts["lines_vat.csv"])
        self._broken = Kept[str]()
        #: Rows of a table that no receipt was found for.
        self._left: Counter[str] = Counter()
        others = [table for table in WANTED if table in package.sizes and table != HEADS]
        self._is_in_order, self.size = order.look(package, self._forms, HEADS, others)
        self.account.unused = unused.told(package)
        self._done = 0

    def position(self) -> int:
        """Rows of transactions.csv so far."""
        return self._done

    def receipts(self) -> Iterator[Found]:
        """Every receipt, closing by closing. Raises ImportFileError."""
        tills = masters.tills(self._master_rows, self._amounts.__getitem__, self._exponent)
        wanted = {table: (*CLOSING, "BON_ID", *columns) for table, columns in WANTED.items()}
        heads = numbered_rows(
            self._package, HEADS, self._forms[HEADS], wanted.pop(HEADS), self._broken
        )
        tables = {
            table: rows(self._package, table, self._forms[table], columns, self._broken)
            for table, columns in wanted.items()
            if table in self._package.sizes
        }
        join = units.in_order if self._is_in_order else units.sorted_on_disk
        closing, sums, till = Closing("", ""), Sums(), Till()
        last = None
        for unit in join(heads, tables, self._left):
            if unit.closing != last:
                if last is not None:
                    self._close(closing, sums, till)
                last = unit.closing
                till = tills.get(unit.closing) or Till(
                    store=unit.closing[0], day=unit.closing[1][:10]
                )
                sums = Sums()
                closing = Closing(
                    till.day, unit.closing[0], unit.closing[2], currency=till.currency
                )
            yield from self._unit(unit, till, closing, sums)
        if last is not None:
            self._close(closing, sums, till)
        self._tell_left_over()

    def _unit(self, unit: Unit, till: Till, closing: Closing, sums: Sums) -> Iterator[Found]:
        number = unit.closing[0].strip()[:64]
        details, amount = unit.details, self._amounts["lines_vat.csv"]
        nothing = list[Row]()
        known = {row[3] for _, row in unit.heads}
        for table, by_receipt in details.items():
            for bon in by_receipt.keys() - known:
                self._broken.append(f"{table}: rows of BON_ID {bon[:40]}, which {HEADS} has not")
        tables = [details.get(table, {}).get for table in DETAILS]
        for line, head in unit.heads:
            self._done += 1
            bon, kind = head[3], head[5]
            if kind != business_cases.RECEIPT:
                self.account.set_apart(kind or "without BON_TYP")
                continue
            of = Rows(*[get(bon, nothing) for get in tables])
            place = f"{self._name}/{HEADS}:{line}"
            try:
                found = self._maker.positions(till, of)
                total = sums.add(found, of.payments, amount)
                made = self._maker.receipt(till, number, head, of, found)
            except (AmountError, RefusedReceiptError) as error:
                self.account.refuse(place, str(error))
                continue
            self._compare_head(of.transactions_vat, total, till, closing, bon)
            if made is None:
                self.account.set_apart("cash movement")
                continue
            receipt, gross = made
            closing.receipts += 1
            closing.gross += gross
            yield Found(place, receipt)

    def _compare_head(
        self, taxes: list[Row], total: int, till: Till, closing: Closing, bon: str
    ) -> None:
        if not taxes or len(closing.differences) >= NAMED:
            return
        amount = self._amounts["transactions_vat.csv"]
        said = sum([amount(tax[5]) for tax in taxes])
        if said != total and rounded(said, till.exponent) != rounded(total, till.exponent):
            closing.differences.append(
                f"BON_ID {bon}: transactions_vat.csv adds up to {said / amounts.SCALE:.2f},"
                f" lines_vat.csv to {total / amounts.SCALE:.2f}"
            )

    def _close(self, closing: Closing, sums: Sums, till: Till) -> None:
        closing.differences += sums.differences(till)
        self.account.closings.append(closing)

    def _tell_left_over(self) -> None:
        if not self._broken:
            for table, left in self._left.items():
                if left:
                    self._broken.append(f"{table}: {left} rows belong to no receipt of {HEADS}")
        self.account.problems.extend(self._broken[:NAMED])
        if self._broken.number > NAMED:
            self.account.problems.append(f"and {self._broken.number - NAMED} more such rows")

    def _master_rows(self, table: str, columns: tuple[str, ...]) -> Iterator[KeyedRow]:
        if table not in self._package.sizes:
            self.account.unchecked.append(f"there is no {table}")
            return iter(())
        wanted = (*CLOSING, *columns)
        return numbered_rows(self._package, table, self._forms[table], wanted, self._broken)


@contextmanager
def opened(path: Path, exponent: Callable[[str], int]) -> Iterator[DsfinvkReader]:
    """The export at `path`; `exponent(currency)` is its decimals. Raises ImportFileError."""
    with package.opened(path) as files:
        yield DsfinvkReader(files, path.name, exponent)
