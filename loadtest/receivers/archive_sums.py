"""What the archive's service has, by day, store and currency."""

import json
import urllib.request
from collections.abc import Iterable
from datetime import date, timedelta
from urllib.parse import urlencode

from loadtest.receivers.plain_sum import Key

_SECONDS = 60


def archive_sums(
    service: str, days: Iterable[str], currency: str, main_currency: str
) -> dict[Key, int]:
    """Gross in minor units; raises OSError where the service does not answer."""
    found: dict[Key, int] = {}
    for day in days:
        following = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        asked = {"by": "store", "from": day, "to": following}
        if currency != main_currency:
            asked["currency"] = currency
        url = f"{service.rstrip('/')}/sales?{urlencode(asked)}"
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310
            rows = json.load(answer)["rows"]
        for row in rows:
            found[Key(day, row["key"], currency)] = row["grossMinor"]
    return found
