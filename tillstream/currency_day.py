"""A business day in one currency: what figures are of, so that no sum crosses currencies."""

from datetime import date, timedelta
from typing import NamedTuple

from tillstream.currencies import CURRENCY


class CurrencyDay(NamedTuple):
    """The receipts of a business day that are in one currency."""

    day: date
    currency: str = CURRENCY

    def __str__(self) -> str:
        """`2026-11-21`, of another currency than euros `2026-11-21 JPY`: a key of text stores."""
        text = self.day.isoformat()
        return text if self.currency == CURRENCY else f"{text} {self.currency}"

    def ordinal(self) -> int:
        """The day, as `date.toordinal` counts."""
        return self.day.toordinal()

    def before(self, days: int) -> "CurrencyDay":
        """So many days before, in the same currency."""
        return CurrencyDay(self.day - timedelta(days=days), self.currency)


def currency_day(ordinal: int, currency: str) -> CurrencyDay:
    """The day of an ordinal."""
    return CurrencyDay(date.fromordinal(ordinal), currency)
