"""Figures as text for the pages that the server writes: in the reader's language, store's zone."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dashboard.pages.visible import visible
from tillstream.money import decimal_text, rate_text

#: Narrow no-break space, no-break space: as French groups digits and sets units apart.
_NARROW, _FIXED = "\u202f", "\u00a0"


class Verbatim(str):
    """Text of the data: it is never translated."""

    __slots__ = ()


def of_data(text: object) -> Verbatim:
    """Text that a till has sent, fit to be read."""
    return Verbatim(visible(str(text)))


class Writer(NamedTuple):
    """How figures are written for one reader."""

    language: str
    zone: ZoneInfo

    def money(self, minor: int) -> Verbatim:
        """Cents: €1,234.56 or 1 234,56 €."""
        sign = "-" if minor < 0 else ""
        whole, _, cents = decimal_text(abs(minor)).partition(".")
        if self.language == "fr":
            grouped = f"{int(whole):,}".replace(",", _NARROW)
            return Verbatim(f"{sign}{grouped},{cents}{_FIXED}€")
        return Verbatim(f"{sign}€{int(whole):,}.{cents}")

    def decimal_money(self, text: str) -> Verbatim:
        """Decimal text with two places as money."""
        return self.money(int(text.replace(".", "")))

    def decimal(self, text: str) -> Verbatim:
        """Decimal text with the reader's signs; what is zero has no sign."""
        sign = "-" if text.startswith("-") and text.strip("-0.") else ""
        whole, point, places = text.lstrip("-").partition(".")
        grouped = self.number(int(whole))
        return Verbatim(
            f"{sign}{grouped}{',' if self.language == 'fr' and point else point}{places}"
        )

    def number(self, value: int) -> Verbatim:
        """An integer, its thousands grouped."""
        return Verbatim(f"{value:,}".replace(",", _NARROW if self.language == "fr" else ","))

    def milliseconds(self, value: int) -> Verbatim:
        """A delay."""
        return Verbatim(f"{self.number(value)}{_FIXED}ms")

    def quantity(self, milli: int) -> Verbatim:
        """Thousandths: 2000 is 2, 250 is 0.25."""
        whole, rest = divmod(abs(milli), 1000)
        text = f"{'-' if milli < 0 else ''}{whole}.{rest:03d}"
        return self.decimal(text.rstrip("0").rstrip("."))

    def percentage(self, basis_points: int) -> Verbatim:
        """Hundredths of a percent: 550 is 5.5% or 5,5 %."""
        text = rate_text(basis_points)
        french = self.language == "fr"
        return Verbatim(f"{text.replace('.', ',')}{_NARROW}%" if french else f"{text}%")

    def minute(self, moment: datetime) -> Verbatim:
        """Time of day to the minute."""
        return Verbatim(f"{moment.astimezone(self.zone):%H:%M}")

    def clock(self, moment: datetime, read_at: datetime) -> Verbatim:
        """Time of day to the second, after its day unless that is the day of `read_at`."""
        local = moment.astimezone(self.zone)
        if local.date() == read_at.astimezone(self.zone).date():
            return Verbatim(f"{local:%H:%M:%S}")
        return Verbatim(f"{self.date(local.date().isoformat())} {local:%H:%M:%S}")

    def date(self, day: str) -> Verbatim:
        """A business day, `YYYY-MM-DD`: in French 21/11/2026."""
        return Verbatim("/".join(reversed(day.split("-"))) if self.language == "fr" else day)

    def moment(self, moment: datetime) -> Verbatim:
        """Date and time to the millisecond, with the zone."""
        local = moment.astimezone(self.zone)
        date = f"{local:%d/%m/%Y}" if self.language == "fr" else f"{local:%Y-%m-%d}"
        return Verbatim(f"{date} {local:%H:%M:%S}.{local.microsecond // 1000:03d} {local:%Z}")
