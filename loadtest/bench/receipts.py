"""Receipts to measure with: one of 1.5 KB again and again, or each with products of its own."""

import json
import random
import time
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
    return _encode("#NUMBER#", [_line(1, *_PRODUCTS[0], 2)] * 5)


def varied(count: int, first: int) -> list[bytes]:
    """So many sound receipts of about 1.5 KB, numbered from `first`, each with its own products."""
    chosen = random.Random(first)
    return [
        _encode(
            first + index,
            [
                _line(number, *chosen.choice(_PRODUCTS), chosen.randint(1, 6))
                for number in range(1, 6)
            ],
        )
        for index in range(count)
    ]


def _line(
    number: int, name: str, category: str, unit: str, price_cents: int, quantity: int
) -> dict[str, Any]:
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
        "taxPercentage": 5.5,
        "settlementAmount": round(net * 1.055) / 100,
    }


def _encode(number: int | str, lines: list[dict[str, Any]]) -> bytes:
    net = round(sum(100 * line["creditAmount"] for line in lines))
    gross = round(sum(100 * line["settlementAmount"] for line in lines))
    fields = {
        "cashReceiptID": number,
        "storeID": 17,
        "terminalID": 2,
        "agentID": 4,
        "customerID": None,
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "lines": lines,
        "documentTotal": {
            "netTotal": net / 100,
            "taxPayable": (gross - net) / 100,
            "grossTotal": gross / 100,
        },
        "settlements": [{"paymentMechanism": "CB", "settlementAmount": gross / 100}],
    }
    return json.dumps(fields).encode()
