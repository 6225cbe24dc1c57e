"""Receipts of today as the archive has them, without what only their own page needs."""

import time
from datetime import UTC, datetime
from typing import Any

from bson import Int64

from tests.support.dashboards import PARIS
from tillstream.clock import BusinessDay


def archived(store: str, minutes_ago: int, **cents: int) -> dict[str, Any]:
    """An archived receipt with a line of each category, at 10% tax."""
    now = time.time() // 60 * 60
    sold_at = datetime.fromtimestamp(now - 60 * minutes_ago, UTC)
    lines = [
        {
            "category": category,
            "grossMinor": Int64(gross),
            "netMinor": Int64(gross * 10 // 11),
            "unitsMilli": Int64(1000),
            "taxBasisPoints": Int64(1000),
        }
        for category, gross in cents.items()
    ]
    gross = sum(cents.values())
    return {
        "store": store,
        "businessDay": BusinessDay(PARIS).on(now).isoformat(),
        "date": sold_at,
        "receivedAt": sold_at,
        "storedAt": sold_at,
        "grossMinor": Int64(gross),
        "netMinor": Int64(gross * 10 // 11),
        "lines": lines,
        "payments": [{"mechanism": "CB", "amountMinor": Int64(gross)}],
    }
