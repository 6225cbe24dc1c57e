"""The receipts that have to come out of a sale, by plain arithmetic and apart from the mapping."""

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from loadtest.receivers.sales import (
    EXPONENTS,
    Item,
    Money,
    Refund,
    Sale,
    decimal,
    line_amounts,
    returned_amounts,
)


class Profile(NamedTuple):
    """What a vendor's receipts are called; money is the same for all."""

    date: Callable[[datetime], str]
    number: Callable[[Sale], str]
    return_number: Callable[[Refund], str]
    store: Callable[[Sale], str]
    till: Callable[[Sale], str]
    agent: str | None
    customer: str | None
    category: Callable[[Item], str]
    code: Callable[[Item], str]
    name: Callable[[Item], str] = lambda item: item.name
    unit: str = "piece"
    names_currency: bool = True
    #: Whether an order names its means of payment and one amount.
    joins_tenders: bool = False
    return_tender: Callable[[Sale], str] = lambda sale: sale.tenders[0].mechanism
    #: Whether a return has lines; else its sum alone, with the sale's share of tax.
    return_has_lines: bool = True


def documents(profile: Profile, sale: Sale) -> list[dict[str, Any]]:
    """The sale and then its returns, in order; none of a sale that is cancelled or a test."""
    if sale.cancelled or sale.is_test:
        return []
    return [_sold(profile, sale), *(_returned(profile, sale, each) for each in sale.refunds)]


def postings(profile: Profile, versions: list[Sale]) -> list[dict[str, Any]]:
    """What is posted as the versions come: what changed is reversed, and posted anew."""
    posted: dict[int, dict[str, dict[str, Any]]] = {}
    told: list[dict[str, Any]] = []
    for version in versions:
        of_sale = posted.setdefault(version.number, {})
        newest = {each["cashReceiptID"]: each for each in documents(profile, version)}
        for number, receipt in list(of_sale.items()):
            if newest.get(number) != receipt:
                told.append(reversal(of_sale.pop(number)))
        for number, receipt in newest.items():
            if number not in of_sale:
                of_sale[number] = receipt
                told.append(receipt)
    return told


def reversal(receipt: dict[str, Any]) -> dict[str, Any]:
    """All amounts and quantities negated, of the same date."""
    lines = [
        _negated(line, "quantity", "creditAmount", "settlementAmount") for line in receipt["lines"]
    ]
    settlements = [_negated(each, "settlementAmount") for each in receipt["settlements"]]
    total = _negated(receipt["documentTotal"], "netTotal", "taxPayable", "grossTotal")
    return receipt | {
        "lines": lines,
        "documentTotal": total,
        "settlements": settlements,
        "transactionType": "void",
    }


def _negated(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: -value if name in names else value for name, value in values.items()}


def _sold(profile: Profile, sale: Sale) -> dict[str, Any]:
    pairs = list(zip(sale.all_items, line_amounts(sale), strict=True))
    tenders = [(each.mechanism, each.amount) for each in sale.tenders]
    if profile.joins_tenders:
        joined = " + ".join(sorted(name for name, _ in tenders))
        tenders = [(joined, sum(amount for _, amount in tenders))]
    tenders += [("tip", -sale.tip), ("gift card sold", -sale.gift_card_sold)]
    number = profile.number(sale)
    return _receipt(profile, sale, number, sale.at, pairs, tenders)


def _returned(profile: Profile, sale: Sale, refund: Refund) -> dict[str, Any]:
    money = [Money(-e.net, -e.tax, -e.gross) for e in returned_amounts(sale, refund)]
    items = [
        sale.items[each.line]._replace(quantity=-each.quantity, line_discount=0, order_discount=0)
        for each in refund.items
    ]
    at = refund.at
    if not profile.return_has_lines:
        items, money, at = [_REFUND], [_share(sale, sum(each.gross for each in money))], sale.at
    tenders = [(profile.return_tender(sale), sum(each.gross for each in money))]
    pairs = list(zip(items, money, strict=True))
    return _receipt(profile, sale, profile.return_number(refund), at, pairs, tenders)


_REFUND = Item("refund", "Refund", "Refund", -1, 0, -1)


def _share(sale: Sale, gross: int) -> Money:
    """`gross` with the tax that the whole of the sale has in proportion, half-even."""
    every = line_amounts(sale)
    whole = sum(each.gross for each in every) + sale.tip + sale.gift_card_sold
    exact = Decimal(gross * sum(each.tax for each in every)) / whole
    tax = int(exact.to_integral_value(ROUND_HALF_EVEN))
    return Money(gross - tax, tax, gross)


def _receipt(
    profile: Profile,
    sale: Sale,
    number: str,
    at: datetime,
    pairs: list[tuple[Item, Money]],
    tenders: list[tuple[str, int]],
) -> dict[str, Any]:
    def amount(minor: int) -> Decimal:
        return Decimal(decimal(minor, sale.currency))

    receipt: dict[str, Any] = {
        "cashReceiptID": number,
        "storeID": profile.store(sale),
        "terminalID": profile.till(sale),
        "agentID": profile.agent,
        "customerID": profile.customer,
        "date": profile.date(at),
        "lines": [
            {
                "lineNumber": place,
                "productCode": profile.code(item),
                "productCategoryCode": profile.category(item),
                "productCategoryName": profile.category(item),
                "productDescription": profile.name(item),
                "unitOfMeasure": profile.unit,
                "quantity": Decimal(item.quantity),
                "unitPrice": _unit_price(money.net, item.quantity, sale.currency),
                "creditAmount": amount(money.net),
                "taxPercentage": _rate(item, money),
                "settlementAmount": amount(money.gross),
            }
            for place, (item, money) in enumerate(pairs, start=1)
        ],
        "documentTotal": {
            "netTotal": amount(sum(money.net for _, money in pairs)),
            "taxPayable": amount(sum(money.tax for _, money in pairs)),
            "grossTotal": amount(sum(money.gross for _, money in pairs)),
        },
        "settlements": [
            {"paymentMechanism": name, "settlementAmount": amount(minor)}
            for name, minor in tenders
            if minor
        ],
    }
    return receipt | ({"currency": sale.currency} if profile.names_currency else {})


def _unit_price(net: int, quantity: int, currency: str) -> Decimal:
    price = Decimal(net).scaleb(-EXPONENTS[currency]) / quantity
    return price.quantize(Decimal("1e-9"), ROUND_HALF_EVEN)


def _rate(item: Item, money: Money) -> Decimal:
    if item.rate >= 0:
        return Decimal(item.rate) / 100
    rate = Decimal(money.tax * 100) / money.net
    return rate.quantize(Decimal("0.01"), ROUND_HALF_EVEN)
