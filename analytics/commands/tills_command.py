"""`python -m analytics tills`: gaps in the tills' numbers, and silent tills."""

import time
from collections.abc import Iterator

from analytics.ledger.ledger_file import Ledger
from analytics.settings import AnalyticsSettings
from tillstream import stores
from tillstream.clock import utc
from tillstream.store_hours import StoreHours


def tills(settings: AnalyticsSettings) -> Iterator[str]:
    """One line for each till with a gap, or that is silent; at last, how many there are."""
    now = time.time()
    hours = StoreHours(stores.load(settings))
    with Ledger(settings.ledger_path()) as ledger:
        known = ledger.tills()
    for till in known.values():
        for gap in till.gaps(now):
            yield (
                f"{till.store}/{till.till}  numbers {gap.first} to {gap.last} are missing"
                f" since {utc(gap.since):%Y-%m-%d %H:%M:%S} UTC"
            )
        if (since := till.silent_since(now, hours.opened(till.store, now))) is not None:
            yield f"{till.store}/{till.till}  silent since {utc(since):%Y-%m-%d %H:%M:%S} UTC"
    yield f"{len(known)} tills heard"
