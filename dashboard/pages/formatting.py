"""Figures as text for the pages that the server writes: in the reader's language, store's zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.pages.languages import language
from dashboard.pages.visible import visible
from tillstream.currencies import CURRENCY, exponent_of
from tillstream.money import decimal_text


class Verbatim(str):
    """Text of the data: it is never translated."""

    __slots__ = ()


def of_data(text: object) -> Verbatim:
    """Text that a till has sent, fit to be read."""
    return Verbatim(visible(str(text)))


class Writer:
    """How figures are written for one reader, as `assets/12-format.js` writes them."""

    def __init__(self, code: str, zone: ZoneInfo) -> None:
        self.language = language(code)
        self.zone = zone

    def money(self, minor: int, currency: str = CURRENCY) -> Verbatim:
        """Minor units: €1,234.56 or 1 234,56 €; ¥34,500; KWD 1.234 or 1,234 KWD."""
        number = self.decimal(decimal_text(minor, exponent_of(currency)))
        return _within(self.language.amounts_in(currency), number)

    def decimal(self, text: str) -> Verbatim:
        """Decimal text with the reader's signs; what is zero has no sign."""
        sign = "-" if text.startswith("-") and text.strip("-0.") else ""
        whole, point, places = text.lstrip("-").partition(".")
        return Verbatim(f"{sign}{self.number(int(whole))}{point and self.language.point}{places}")

    def number(self, value: int) -> Verbatim:
        """An integer, its thousands grouped."""
        return Verbatim(f"{value:,}".replace(",", self.language.group))

    def quantity(self, milli: int) -> Verbatim:
        """Thousandths: 2000 is 2, 250 is 0.25."""
        whole, rest = divmod(abs(milli), 1000)
        text = f"{'-' if milli < 0 else ''}{whole}.{rest:03d}"
        return self.decimal(text.rstrip("0").rstrip("."))

    def date(self, day: str) -> Verbatim:
        """A business day, `YYYY-MM-DD`: in French 21/11/2026."""
        year, month, date = day.split("-")
        return Verbatim(self.language.date.format(year=year, month=month, day=date))

    def moment(self, moment: datetime) -> Verbatim:
        """Date and time to the millisecond, with the zone."""
        local = moment.astimezone(self.zone)
        time = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d} {local:%Z}"
        return Verbatim(f"{self.date(local.date().isoformat())} {time}")


def _within(pattern: str, number: str) -> Verbatim:
    """A number in its pattern; the sign stands before all of it."""
    sign = "-" if number.startswith("-") else ""
    return Verbatim(f"{sign}{pattern.format(number.removeprefix('-'))}")
