"""States of sales as a mapping gives them, and what counted receipts come to."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from connectors.mapping.documents import Document, SaleState

#: (day, currency, figure, its key) to minor units, or thousandths of units.
Figures = Counter[tuple[str, str, str, str]]


def sold(
    cents: int,
    *,
    day: str = "2026-11-21",
    category: str = "Pain",
    tender: str = "CB",
    units: int = 1,
) -> dict[str, Any]:
    """A receipt with one line of 10 % tax, net `cents`, as a mapping gives it."""
    sign = -1 if cents < 0 else 1
    net = Decimal(cents) / 100
    tax = (net / 10).quantize(Decimal("0.01"))
    return {
        "cashReceiptID": "#1001",
        "storeID": "shop",
        "terminalID": "online",
        "agentID": None,
        "customerID": None,
        "date": f"{day} 08:00:01",
        "lines": [
            {
                "lineNumber": 1,
                "productCode": "11",
                "productDescription": "Baguette",
                "productCategoryCode": "E",
                "productCategoryName": category,
                "quantity": Decimal(sign * units),
                "unitOfMeasure": "piece",
                "unitPrice": abs(net) / units,
                "creditAmount": net,
                "taxPercentage": Decimal(10),
                "settlementAmount": net + tax,
            }
        ],
        "documentTotal": {"netTotal": net, "taxPayable": tax, "grossTotal": net + tax},
        "settlements": [{"paymentMechanism": tender, "settlementAmount": net + tax}],
    }


def state(
    version: int,
    documents: dict[str, dict[str, Any]],
    *,
    whole: bool = True,
    apart: str | None = None,
    sale: str = "shop/1",
) -> SaleState:
    """A sale at a version; of refunds the key begins with `refund`."""
    return SaleState(
        sale,
        version,
        whole,
        {
            key: Document(key, receipt, "order/1" if key.startswith("refund") else None)
            for key, receipt in documents.items()
        },
        apart,
    )


def figures_of(receipts: Iterable[dict[str, Any]]) -> Figures:
    """Every figure of every day and currency; those that are 0 are left out."""
    found: Figures = Counter()
    for one in receipts:
        where = one["date"][:10], one.get("currency", "EUR")
        total = one["documentTotal"]
        for name in ("netTotal", "taxPayable", "grossTotal"):
            found[*where, name, ""] += _scaled(total[name], 100)
        for line in one["lines"]:
            category = line["productCategoryName"]
            found[*where, "units", category] += _scaled(line["quantity"], 1000)
            found[*where, "net", category] += _scaled(line["creditAmount"], 100)
            found[*where, "gross", category] += _scaled(line["settlementAmount"], 100)
        for tender in one["settlements"]:
            amount = _scaled(tender["settlementAmount"], 100)
            found[*where, "tender", tender["paymentMechanism"]] += amount
    return Counter({key: value for key, value in found.items() if value})


def counted_once(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """The receipts of these lines, each identity once; an identity has one content."""
    found: dict[tuple[str, str, str], bytes] = {}
    for line in lines:
        one = msgspec.json.decode(line)
        key = one["receiptUUID"], one["storeID"], one["date"][:10]
        assert found.setdefault(key, line) == line
    assert len(found) == len({uuid for uuid, _, _ in found})
    return [msgspec.json.decode(line) for line in found.values()]


def _scaled(amount: Any, scale: int) -> int:
    exact = Decimal(str(amount)) * scale
    assert exact == int(exact)
    return int(exact)
