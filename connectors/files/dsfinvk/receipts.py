"""One Beleg with its rows becomes a receipt of the contract."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from connectors.files.amounts import AmountError, rounded, shares
from connectors.files.dsfinvk import positions
from connectors.files.dsfinvk.business_cases import MOVEMENT_TENDER
from connectors.files.dsfinvk.masters import Till
from connectors.files.dsfinvk.positions import CODE, Position
from connectors.files.dsfinvk.rows import Row
from connectors.files.import_errors import RefusedReceiptError

Amount = Callable[[str], int]
#: Tenders that are remembered.
REMEMBERED = 16_384


class Rows(NamedTuple):
    """Rows of a receipt by table, each after its Z_KASSE_ID, Z_ERSTELLUNG, Z_NR and BON_ID."""

    lines: list[Row]
    lines_vat: list[Row]
    transactions_vat: list[Row]
    payments: list[Row]
    references: list[Row]


class Maker:
    """Makes the receipts of an export whose numbers `amount` reads."""

    def __init__(self, amount: Amount) -> None:
        self._amount = amount
        self._position = positions.reader(amount)
        self._tender = _tender_reader(amount)

    def receipt(
        self, till: Till, number: str, head: Row, rows: Rows, found: list[Position]
    ) -> tuple[dict[str, Any], int] | None:
        """The receipt of the positions `found` and its gross in minor units.

        None where only cash moved.

        Raises RefusedReceiptError.
        """
        _, _, z_number, bon = head[:4]
        bon_number, _, cancels, start, end, agent, customer, terminal = head[4:]
        try:
            tenders = [
                tender
                for row in (sorted(rows.payments) if len(rows.payments) > 1 else rows.payments)
                if (tender := self._tender(row[4:], till.currency, till.exponent)) is not None
            ]
        except AmountError as error:
            raise RefusedReceiptError(str(error)) from error
        sold = [one for one in found if one.tender is None]
        if len(sold) < len(found):
            counter = _counter_tenders(found, till)
            if not sold and all(one["paymentMechanism"] == MOVEMENT_TENDER for one in counter):
                return None
            tenders += counter
        lines, net, gross = self._lines(sold, till)
        unit = int(10**till.exponent)
        made: dict[str, Any] = {
            "cashReceiptID": bon,
            "storeID": till.store,
            "terminalID": number,
            "agentID": agent.strip()[:CODE] or None,
            "customerID": customer.strip()[:CODE] or None,
            "date": _time(end.strip() or start.strip()),
            "lines": lines,
            "documentTotal": {
                "netTotal": net / unit,
                "taxPayable": (gross - net) / unit,
                "grossTotal": gross / unit,
            },
            "settlements": tenders,
            "zNumber": z_number,
        }
        if bon_number.strip():
            made["receiptNumber"] = bon_number.strip()
        if terminal.strip() and terminal.strip() != number:
            made["recordingTerminal"] = terminal.strip()
        if cancels.strip() == "1":
            made["transactionType"] = "void"
        if till.currency != "EUR":
            made["currency"] = till.currency
        for reference in rows.references:
            kind, of_till, of_number, of_bon = reference[4:]
            if kind == "Transaktion" and of_bon:
                made["corrects"] = f"{of_till or number}/{of_number or z_number}/{of_bon}"
                break
        return made, gross

    def positions(self, till: Till, rows: Rows) -> list[Position]:
        """Every position, in one order, so that a second export has the same content.

        Raises AmountError and RefusedReceiptError.
        """
        cells = {row[4]: row[4:] for row in rows.lines}
        taxes = rows.lines_vat
        if len(taxes) > 1:
            taxes = sorted(taxes, key=_place)
        rate_of, exponent, read = till.rates.get, till.exponent, self._position
        try:
            found = [read(cells[row[4]], row[5:], rate_of(row[5]), exponent) for row in taxes]
        except KeyError as error:
            raise RefusedReceiptError(
                f"lines_vat.csv has position {error.args[0]}, and lines.csv has not"
            ) from None
        if len(taxes) != len(cells) or len(cells) > 1:
            taxed = {row[4] for row in taxes}
            if len(taxed) < len(cells):
                missing = next(place for place in cells if place not in taxed)
                raise RefusedReceiptError(f"lines_vat.csv has no row of position {missing}")
            if len(taxed) < len(taxes):
                return positions.sold_once([row[4] for row in taxes], found, exponent)
        return found

    def _lines(self, sold: list[Position], till: Till) -> tuple[list[dict[str, Any]], int, int]:
        """The lines, and net and gross of all in minor units.

        Those of a VAT key add up to their rounded sum, as tills print it.
        """
        lines = [one.line for one in sold]
        if len(sold) == 1:
            net, gross = sold[0].net_minor, sold[0].gross_minor
        else:
            net = gross = 0
            for key in {one.key for one in sold}:
                places = [at for at, one in enumerate(sold) if one.key == key]
                some = [sold[at] for at in places]
                nets, sum_ = _shared(
                    [one.net for one in some], [one.net_minor for one in some], till.exponent
                )
                net += sum_
                grosses, sum_ = _shared(
                    [one.gross for one in some], [one.gross_minor for one in some], till.exponent
                )
                gross += sum_
                for at, one, its_net, its_gross in zip(places, some, nets, grosses, strict=True):
                    if its_net != one.net_minor or its_gross != one.gross_minor:
                        quantity = round(one.line["quantity"] * 100_000)
                        lines[at] = one.line | positions.amounts_of(
                            quantity, its_net, its_gross, till.exponent
                        )
        for at, line in enumerate(lines):
            if not line["lineNumber"]:
                lines[at] = line | {"lineNumber": at + 1}
        return lines, net, gross


def _place(row: Row) -> tuple[int, str, str]:
    return len(row[4]), row[4], row[5]


def _shared(parts: list[int], minors: list[int], exponent: int) -> tuple[list[int], int]:
    """Parts in minor units that add up to their rounded sum, and that; `minors`: each rounded."""
    total = rounded(sum(parts), exponent)
    return (minors if total == sum(minors) else shares(parts, total, exponent)), total


def _counter_tenders(found: list[Position], till: Till) -> list[dict[str, Any]]:
    money: dict[str, int] = {}
    for one in found:
        if one.tender is not None:
            money[one.tender] = money.get(one.tender, 0) - one.gross
    return [
        {
            "paymentMechanism": name,
            "settlementAmount": till.decimal(rounded(sum_, till.exponent)),
        }
        for name, sum_ in money.items()
        if sum_
    ]


def _tender_reader(amount: Amount) -> Callable[[Row, str, int], dict[str, Any] | None]:
    """Reads cells of datapayment.csv; None for nothing paid. A tender is not to be changed."""

    @lru_cache(REMEMBERED)
    def read(cells: Row, main: str, exponent: int) -> dict[str, Any] | None:
        kind, name, currency, foreign, base = cells
        minor = rounded(amount(base), exponent)
        if not minor:
            return None
        made: dict[str, Any] = {
            "paymentMechanism": kind,
            "settlementAmount": minor / int(10**exponent),
        }
        if name.strip() and name.strip() != kind:
            made["name"] = name.strip()
        if currency.strip() not in ("", main) and foreign.strip():
            made["foreignCurrency"] = currency.strip()
            made["foreignAmount"] = amount(foreign) / 100_000
        return made

    return read


def _time(text: str) -> str:
    """BON_ENDE as the contract has dates: the text of the file, so that the identity is its own."""
    if len(text) < len("2026-11-21T08:00:01"):
        raise RefusedReceiptError(f"BON_ENDE {text!r} is no time")
    return text
