"""One RetailTransaction becomes a receipt of the contract."""

from collections import Counter
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from connectors.files.amounts import SCALE, AmountError, exponent_of, reader, rounded, shares
from connectors.files.import_errors import ImportFileError, RefusedReceiptError
from connectors.files.poslog import transaction as transactions
from connectors.files.poslog.transaction import first, is_true
from connectors.files.turned import turned
from connectors.files.xml_records import text

amount = reader(".", "")
#: ItemType of a Sale that is no revenue -> counter-tender.
MONEY = {"GiftCertificate": "gift card sold", "GiftCard": "gift card sold",
         "StoredValue": "gift card sold", "Deposit": "deposit"}  # fmt: skip
#: Kinds of line that goods are sold by: taken along, or handed over later.
SALES = frozenset({"Sale", "SaleForDelivery", "SaleForPickup"})


class _Item(NamedTuple):
    """A Sale or a Return in minor units, negative on a return."""

    number: int
    element: Element
    quantity: float
    net: int
    gross: int
    rate: float


def receipt(transaction: Element) -> tuple[dict[str, Any], str]:
    """The receipt, and in words what its own total says otherwise. Raises RefusedReceiptError."""
    try:
        return _Reading(transaction).receipt()
    except (AmountError, ImportFileError) as error:
        raise RefusedReceiptError(str(error)) from error


class _Reading:
    def __init__(self, transaction: Element) -> None:
        self._transaction = transaction
        sale = transaction.find("RetailTransaction")
        self._sale = transaction if sale is None else sale
        self._currency = first(transaction, "CurrencyCode") or "EUR"
        self._exponent = exponent_of(self._currency)
        self._counter: Counter[str] = Counter()
        self._tenders: list[tuple[str, int]] = []
        self._items: list[_Item] = []
        self._discount = 0
        #: Of the whole transaction.
        self._taxes: list[Element] = []

    def receipt(self) -> tuple[dict[str, Any], str]:
        for at, item in enumerate(self._sale.findall("LineItem"), 1):
            if not is_true(item.get("VoidFlag")):
                self._line_item(at, item)
        self._spread_discount()
        if not any(item.element.find("Tax") is not None for item in self._items):
            self._spread_taxes()
        net, gross = sum(i.net for i in self._items), sum(i.gross for i in self._items)
        if rounding := self._total("RoundingAmount"):
            self._counter["rounding"] -= rounding
        of, voids = transactions.link(self._transaction)
        made: dict[str, Any] = {
            **transactions.identity(self._transaction),
            "agentID": first(self._transaction, "OperatorID")[:64] or None,
            "customerID": first(self._transaction, "Customer/CustomerID")[:64] or None,
            "lines": [self._line(item) for item in self._items],
            "documentTotal": {
                "netTotal": self._decimal(net),
                "taxPayable": self._decimal(gross - net),
                "grossTotal": self._decimal(gross),
            },
            "settlements": [
                {"paymentMechanism": name, "settlementAmount": self._decimal(minor)}
                for name, minor in [*self._tenders, *self._counter.items()]
                if minor
            ],
        }
        if self._currency != "EUR":
            made["currency"] = self._currency
        if of:
            made["corrects"] = of
        if voids:
            # Some write a void with the signs of what it takes back, some with turned ones.
            made = turned(made) if gross > 0 else made | {"transactionType": "void"}
        said = self._total("TransactionGrandAmount")
        wrong = said is not None and abs(said) != abs(gross)
        return made, f"TransactionGrandAmount says {said}, its lines {gross}" if wrong else ""

    def _line_item(self, at: int, item: Element) -> None:
        number = text(item, "SequenceNumber")
        place = int(number) if number.isdecimal() and len(number) < 10 else at
        for child in item:
            match child.tag:
                case kind if kind in SALES or kind == "Return":
                    self._item_or_money(place, child, -1 if kind == "Return" else 1)
                case "Tender":
                    self._tender(child)
                case "Tip":
                    self._counter["tip"] -= self._minor(text(child, "Amount"))
                case "Discount":
                    self._discount += abs(self._minor(text(child, "Amount")))
                case "Tax":
                    self._taxes.append(child)

    def _item_or_money(self, place: int, sold: Element, sign: int) -> None:
        """A line; of what is no revenue when it is sold, and none when it is given back, money."""
        money = MONEY.get(sold.get("ItemType", ""))
        if money is None:
            self._items.append(self._item(place, sold, sign))
        else:
            extended = self._minor(text(sold, "ExtendedAmount"))
            self._counter[money] += abs(extended) if sign < 0 else -extended

    def _item(self, place: int, sold: Element, sign: int) -> _Item:
        extended = self._minor(text(sold, "ExtendedAmount"))
        taxes = sold.findall("Tax")
        tax = sum(self._minor(text(one, "Amount")) for one in taxes)
        rate = sum(amount(text(one, "Percent")) for one in taxes) / SCALE
        included = is_true(text(sold, "TaxIncludedInPriceFlag")) or any(
            is_true(one.get("TaxIncludedInTaxableAmountFlag")) for one in sold.iter("TaxableAmount")
        )
        # A return may be written with its sign or without: the element says what it is.
        extended, tax = (abs(extended), abs(tax)) if sign < 0 else (extended, tax)
        net, gross = (extended - tax, extended) if included else (extended, extended + tax)
        quantity = amount(text(sold, "Quantity")) / SCALE or 1.0
        quantity = -abs(quantity) if sign < 0 else quantity
        return _Item(place, sold, quantity, sign * net, sign * gross, rate)

    def _spread_discount(self) -> None:
        """A Discount of the whole transaction lowers its lines by their gross."""
        total = sum(item.gross for item in self._items)
        if not self._discount or not total:
            return
        unit = int(10 ** (5 - self._exponent))
        parts = [item.gross * self._discount * unit // total for item in self._items]
        for at, less in enumerate(shares(parts, self._discount, self._exponent)):
            item = self._items[at]
            gross = item.gross - less
            net = rounded(round(gross * unit * 100 / (100 + item.rate)), self._exponent)
            self._items[at] = item._replace(net=net, gross=gross)

    def _spread_taxes(self) -> None:
        """Taxes of the whole transaction, where no line has its own, are spread by the lines' net.

        Which line has which tax is not told: with several, each has their mean rate.
        """
        total = sum(item.net for item in self._items)
        tax = sum(self._minor(text(one, "Amount")) for one in self._taxes)
        if not tax or not total:
            return
        tax = -abs(tax) if total < 0 else tax
        unit = int(10 ** (5 - self._exponent))
        rate = round(100 * tax / total, 2)
        if len(self._taxes) == 1 and self._minor(text(self._taxes[0], "TaxableAmount")) == total:
            rate = amount(text(self._taxes[0], "Percent")) / SCALE or rate
        parts = [item.net * tax * unit // total for item in self._items]
        for at, more in enumerate(shares(parts, tax, self._exponent)):
            item = self._items[at]
            self._items[at] = item._replace(gross=item.gross + more, rate=rate)

    def _tender(self, tender: Element) -> None:
        minor = self._minor(text(tender, "Amount"))
        if tender.get("TypeCode") == "Refund":
            minor = -abs(minor)
        self._tenders.append((tender.get("TenderType") or "Other", minor))
        if change := self._minor(text(tender, "TenderChange/Amount")):
            self._tenders.append((text(tender, "TenderChange/TenderType") or "Cash", -abs(change)))

    def _total(self, kind: str) -> int | None:
        for total in self._sale.findall("Total"):
            if total.get("TotalType") == kind:
                return self._minor(total.text or "")
        return None

    def _line(self, item: _Item) -> dict[str, Any]:
        sold, net = item.element, self._decimal(item.net)
        group = text(sold, "MerchandiseHierarchy")
        quantity = sold.find("Quantity")
        code = text(sold, "ItemID") or text(sold, "POSIdentity/POSItemID")
        return {
            "lineNumber": item.number,
            "productCode": code[:64] or "-",
            "productDescription": text(sold, "Description")[:1000],
            "productCategoryCode": group[:64].strip() or "-",
            "productCategoryName": group[:200] or sold.get("ItemType") or "Stock",
            "quantity": item.quantity,
            "unitOfMeasure": "" if quantity is None else quantity.get("UnitOfMeasureCode", ""),
            "unitPrice": round(net / item.quantity, 6),
            "creditAmount": net,
            "taxPercentage": item.rate,
            "settlementAmount": self._decimal(item.gross),
        }

    def _minor(self, value: str) -> int:
        return rounded(amount(value), self._exponent)

    def _decimal(self, minor: int) -> float:
        return minor / int(10**self._exponent)
