"""Receipts that are made here and not by the generator, for benchmarks and chaos."""

import json
import random
import time
from collections.abc import Sequence
from typing import Any

#: Stands where each receipt gets a number of its own.
NUMBER = b"#NUMBER#"

_PRODUCTS = (
    ("Baguette tradition au levain", "Pain", "piece", 118),
    ("Pain de campagne aux cereales 400 g", "Pain", "piece", 265),
    ("Croissant pur beurre", "Viennoiserie", "piece", 114),
    ("Pain au chocolat aux deux batons", "Viennoiserie", "piece", 123),
    ("Jambon beurre cornichons", "Sandwich Froid", "piece", 427),
    ("Panini trois fromages", "Sandwich Chaud", "piece", 536),
    ("Part de pizza reine", "Pizza", "part", 355),
    ("Tartelette au citron meringuee", "Patisserie", "piece", 322),
    ("Menu sandwich, boisson et dessert", "Menu", "menu", 809),
    ("Cafe creme a emporter", "Boisson", "tasse", 164),
)


def example() -> bytes:
    """A receipt of about 1.5 KB, sound, with NUMBER for its number."""
    return _encoded("#NUMBER#", [line(1, *_PRODUCTS[0], 2)] * 5)


def varied(count: int, first: int) -> list[bytes]:
    """So many sound receipts of about 1.5 KB, numbered from `first`, each with its own products."""
    chosen = random.Random(first)
    return [
        _encoded(
            first + index,
            [
                line(number, *chosen.choice(_PRODUCTS), chosen.randint(1, 6))
                for number in range(1, 6)
            ],
        )
        for index in range(count)
    ]


def line(
    number: int,
    name: str,
    category: str,
    unit: str,
    price_cents: int,
    quantity: int,
    tax_percentage: float = 5.5,
) -> dict[str, Any]:
    """A line of the contract; the price is without tax."""
    net = price_cents * quantity
    return {
        "lineNumber": number,
        "productCode": f"{price_cents:08d}",
        "productDescription": name,
        "productCategoryCode": category[0],
        "productCategoryName": category,
        "quantity": quantity,
        "unitOfMeasure": unit,
        "unitPrice": price_cents / 100,
        "creditAmount": net / 100,
        "taxPercentage": tax_percentage,
        "settlementAmount": round(net * (100 + tax_percentage) / 100) / 100,
    }


def amounts(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Lines, and the totals and the payment that follow from them."""
    net = round(sum(100 * each["creditAmount"] for each in lines))
    gross = round(sum(100 * each["settlementAmount"] for each in lines))
    return {
        "lines": lines,
        "documentTotal": {
            "netTotal": net / 100,
            "taxPayable": (gross - net) / 100,
            "grossTotal": gross / 100,
        },
        "settlements": [{"paymentMechanism": "CB", "settlementAmount": gross / 100}],
    }


def receipt(
    number: int | str, store: int, till: int, date: str, lines: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A receipt of the contract, sound; `date` as a till writes it."""
    return {
        "cashReceiptID": number,
        "storeID": store,
        "terminalID": till,
        "agentID": 4,
        "customerID": None,
        "date": date,
        **amounts(lines),
    }


def _encoded(number: int | str, lines: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps(receipt(number, 17, 2, time.strftime("%Y-%m-%d %H:%M:%S"), lines)).encode()
