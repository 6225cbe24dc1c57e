"""Figures as text for the pages that the server writes: in the reader's language, store's zone."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tillstream.money import decimal_text

#: Narrow no-break space, no-break space: as French groups digits and sets units apart.
_NARROW, _FIXED = "\u202f", "\u00a0"


class Verbatim(str):
    """Text of the data: it is never translated."""

    __slots__ = ()


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
        """Decimal text with the reader's decimal sign."""
        return Verbatim(text.replace(".", ",") if self.language == "fr" else text)

    def number(self, value: int) -> Verbatim:
        """An integer, its thousands grouped."""
        return Verbatim(f"{value:,}".replace(",", _NARROW if self.language == "fr" else ","))

    def milliseconds(self, value: int) -> Verbatim:
        """A delay."""
        return Verbatim(f"{self.number(value)}{_FIXED}ms")

    def quantity(self, milli: int) -> Verbatim:
        """Thousandths: 2000 is 2, 250 is 0.25."""
        text = f"{milli / 1000:.3f}".rstrip("0").rstrip(".")
        return Verbatim(text.replace(".", ",") if self.language == "fr" else text)

    def percentage(self, basis_points: int) -> Verbatim:
        """Hundredths of a percent: 550 is 5.5% or 5,5 %."""
        text = f"{basis_points / 100:g}"
        french = self.language == "fr"
        return Verbatim(f"{text.replace('.', ',')}{_NARROW}%" if french else f"{text}%")

    def minute(self, moment: datetime) -> Verbatim:
        """Time of day to the minute."""
        return Verbatim(f"{moment.astimezone(self.zone):%H:%M}")

    def clock(self, moment: datetime) -> Verbatim:
        """Time of day to the second."""
        return Verbatim(f"{moment.astimezone(self.zone):%H:%M:%S}")

    def date(self, day: str) -> Verbatim:
        """A business day, `YYYY-MM-DD`: in French 21/11/2026."""
        return Verbatim("/".join(reversed(day.split("-"))) if self.language == "fr" else day)

    def moment(self, moment: datetime) -> Verbatim:
        """Date and time to the millisecond, with the zone."""
        local = moment.astimezone(self.zone)
        date = f"{local:%d/%m/%Y}" if self.language == "fr" else f"{local:%Y-%m-%d}"
        return Verbatim(f"{date} {local:%H:%M:%S}.{local.microsecond // 1000:03d} {local:%Z}")
