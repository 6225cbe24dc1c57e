"""One Invoice of SalesInvoices becomes a receipt of the contract."""

from typing import Any
from xml.etree.ElementTree import Element

from connectors.files.amounts import SCALE, AmountError, reader, rounded, shares
from connectors.files.import_errors import RefusedReceiptError
from connectors.files.saft_pt.masters import Masters
from connectors.files.xml_records import text

amount = reader(".", "")
#: Types whose payment comes later: without a Payment they are on account.
ON_ACCOUNT = frozenset({"FT", "ND", "NC"})
NOT_TOLD = "not told"


class Invoice:
    """What was read of an Invoice, amounts in cents; a credit note is negative."""

    def __init__(self, element: Element, masters: Masters) -> None:
        """Raises RefusedReceiptError."""
        self.number = text(element, "InvoiceNo")
        self.status = text(element, "DocumentStatus/InvoiceStatus")
        self.series = self.number.rpartition("/")[0]
        self.day = text(element, "InvoiceDate")
        self.entered = text(element, "SystemEntryDate")
        if not self.series or not self.entered:
            raise RefusedReceiptError("InvoiceNo or SystemEntryDate is missing or no number/time")
        self._element = element
        self._masters = masters
        #: Hundred-thousandths, for TotalDebit and TotalCredit.
        self.debit = self.credit = 0
        self.mismatch = ""
        try:
            self.receipt = self._receipt()
        except AmountError as error:
            raise RefusedReceiptError(str(error)) from error

    def _receipt(self) -> dict[str, Any]:
        element, nets, grosses, rates = self._element, [], [], []
        items = element.findall("Line")
        for line in items:
            debit, credit = amount(text(line, "DebitAmount")), amount(text(line, "CreditAmount"))
            self.debit, self.credit = self.debit + debit, self.credit + credit
            rate = self._masters.rate(line)
            rates.append(rate / SCALE)
            nets.append(credit - debit)
            # Half up of the exact gross is decided once, with the other lines below.
            grosses.append((credit - debit) * (100 * SCALE + rate) // (100 * SCALE))
        sign = -1 if sum(nets) < 0 else 1
        net = sign * rounded(amount(text(element, "DocumentTotals/NetTotal")))
        gross = sign * rounded(amount(text(element, "DocumentTotals/GrossTotal")))
        tax = sign * rounded(amount(text(element, "DocumentTotals/TaxPayable")))
        net_of = self._spread("NetTotal", nets, net)
        gross_of = self._spread("GrossTotal", grosses, gross)
        made: dict[str, Any] = {
            "cashReceiptID": self.number[:64],
            "storeID": self._masters.store,
            "terminalID": self.series[:64],
            "agentID": text(element, "SourceID")[:64] or None,
            "customerID": text(element, "CustomerID")[:64] or None,
            "date": self.entered,
            "lines": [
                self._line(at, line, net_of[at], gross_of[at], rates[at])
                for at, line in enumerate(items)
            ],
            "documentTotal": {
                "netTotal": net / 100,
                "taxPayable": tax / 100,
                "grossTotal": gross / 100,
            },
            "settlements": self._tenders(sign, gross),
            "invoiceType": text(element, "InvoiceType"),
        }
        reference = next((text(line, "References/Reference") for line in items), "")
        if reference:
            made["corrects"] = reference
        return made

    def _spread(self, name: str, parts: list[int], total: int) -> list[int]:
        if abs(rounded(sum(parts)) - total) > len(parts):
            self.mismatch = f"{self.number}: its lines do not add up to {name} {total / 100:.2f}"
            return [rounded(part) for part in parts]
        return shares(parts, total)

    def _line(self, at: int, line: Element, net: int, gross: int, rate: float) -> dict[str, Any]:
        quantity = amount(text(line, "Quantity")) / SCALE or 1.0
        quantity = -quantity if net < 0 else quantity
        code = text(line, "ProductCode")[:64] or "-"
        category = self._masters.groups.get(code, "") or "Sem grupo"
        number = text(line, "LineNumber")
        return {
            "lineNumber": int(number) if number.isdecimal() and len(number) < 10 else at + 1,
            "productCode": code,
            "productDescription": text(line, "ProductDescription"),
            "productCategoryCode": category[:64].strip(),
            "productCategoryName": category[:200],
            "quantity": quantity,
            "unitOfMeasure": text(line, "UnitOfMeasure"),
            "unitPrice": round(net / 100 / quantity, 6),
            "creditAmount": net / 100,
            "taxPercentage": rate,
            "settlementAmount": gross / 100,
        }

    def _tenders(self, sign: int, gross: int) -> list[dict[str, Any]]:
        made = [
            {
                "paymentMechanism": text(payment, "PaymentMechanism") or NOT_TOLD,
                "settlementAmount": sign * rounded(amount(text(payment, "PaymentAmount"))) / 100,
            }
            for payment in self._element.findall("DocumentTotals/Payment")
        ]
        if made:
            return made
        late = text(self._element, "InvoiceType") in ON_ACCOUNT
        name = "on account" if late else NOT_TOLD
        return [{"paymentMechanism": name, "settlementAmount": gross / 100}]
