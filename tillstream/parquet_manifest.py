"""What the analytic archive consists of: one manifest names every file that counts. Pure.

A reader honours the manifest alone, so a day is whole or absent, and all days are those of one
moment, also where a store cannot rename a file or a folder in one step.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from tillstream import manifest_file
from tillstream.currencies import CURRENCY, exponent_of

#: The layout of the files; a reader refuses a newer one. The first had a line's number in 32 bits,
#: the offset in minutes, and keys of a client's own UUID without the store; the second had keys
#: that ended with their date, or named no day; the third had no currency, and two decimals.
LAYOUT = 4
#: The first layout whose keys are those of today.
TODAYS_KEYS = 3
#: The first layout with a currency; what is older is all in CURRENCY.
WITH_CURRENCY = 4

#: How far apart two business days of one moment may be: zones differ by up to 26 hours and cutoffs
#: by 23. When STORES_FILE changes, a receipt that comes again may be of another day than its file.
NEAR = timedelta(days=3)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Receipts of one currency and their sums, exact; amounts in units of the currency."""

    receipts: int = 0
    net: Decimal = Decimal("0.00")
    tax: Decimal = Decimal("0.00")
    gross: Decimal = Decimal("0.00")

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            receipts=self.receipts + other.receipts,
            net=self.net + other.net,
            tax=self.tax + other.tax,
            gross=self.gross + other.gross,
        )


#: Totals by currency; never added to each other. What has no receipts is not in it.
ByCurrency = dict[str, Totals]


def minor_unit(currency: str) -> Decimal:
    """One minor unit of a currency; raises ValueError for an unknown one."""
    return Decimal(1).scaleb(-exponent_of(currency))


def told(totals: ByCurrency) -> str:
    """Totals for a person: `11.90 EUR in 1 receipts (10.00 net and 1.90 tax)`."""
    return (
        ", ".join(
            f"{of.gross} {currency} in {of.receipts} receipts ({of.net} net and {of.tax} tax)"
            for currency, of in sorted(totals.items())
        )
        or "no receipts"
    )


def added(one: ByCurrency, other: ByCurrency) -> ByCurrency:
    """The totals of both, each currency by itself."""
    return {
        currency: one.get(currency, Totals()) + other.get(currency, Totals())
        for currency in sorted(one.keys() | other.keys())
    }


def receipts_in(totals: ByCurrency) -> int:
    """How many receipts they are of."""
    return sum(of.receipts for of in totals.values())


class ArchivedDay(msgspec.Struct, frozen=True, kw_only=True):
    """A closed business day: one file, sorted by store and time."""

    #: Path below the archive, `businessDay=2026-11-21/NAME.parquet`.
    file: str
    #: Of receipts in CURRENCY, as files had them before there were others.
    totals: Totals
    #: Of every other currency with receipts.
    others: ByCurrency = {}
    writtenAt: datetime  # noqa: N815 - a field of the file
    #: Of this file: a day stays as it is until it is written again.
    layout: int = 1
    #: Committed before MongoDB drops the first of the day's receipts: from then on it may lack any
    #: of them, and whoever asks MongoDB reads this file too. None: MongoDB has the day whole.
    droppedAt: datetime | None = None  # noqa: N815 - a field of the file

    @property
    def by_currency(self) -> ByCurrency:
        """The totals of every currency with receipts."""
        return ({CURRENCY: self.totals} if self.totals.receipts else {}) | self.others

    @property
    def receipts(self) -> int:
        """How many there are in the file."""
        return receipts_in(self.by_currency)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The archive at one moment."""

    layout: int = 1
    #: Every day was compared with MongoDB at this time or later: what was stored before, and a
    #: while ahead of it, is in the files of its day.
    checkedAt: datetime | None = None  # noqa: N815 - a field of the file
    #: The first day that the retention of files has kept: of those before there may be none.
    keptSince: date | None = None  # noqa: N815 - a field of the file
    #: In their order.
    days: dict[date, ArchivedDay] = {}

    def archived(self) -> list[ArchivedDay]:
        """Every day, in their order."""
        return list(self.days.values())

    def files(self) -> list[str]:
        """Every file that counts, by day."""
        return [archived.file for archived in self.days.values()]

    def dropped(self) -> list[date]:
        """The days that MongoDB may lack receipts of, in their order."""
        return [day for day, archived in self.days.items() if archived.droppedAt is not None]

    def dropping(self, days: Iterable[date], at: datetime) -> "Manifest":
        """The manifest once MongoDB may drop these days, which it names."""
        marked = {
            day: replace(self.days[day], droppedAt=self.days[day].droppedAt or at) for day in days
        }
        return replace(self, days=self.days | marked)

    def near(self, days: Iterable[date]) -> list[ArchivedDay]:
        """The days whose files may have a receipt that MongoDB has under one of `days`."""
        wanted = set(days)
        return [
            archived
            for day, archived in self.days.items()
            if any(abs(day - each) <= NEAR for each in wanted)
        ]

    def with_day(self, day: date, archived: ArchivedDay) -> "Manifest":
        """The manifest once `archived` stands for `day`; what MongoDB dropped stays dropped."""
        if (before := self.days.get(day)) is not None and archived.droppedAt is None:
            archived = replace(archived, droppedAt=before.droppedAt)
        return replace(
            self,
            layout=max(self.layout, archived.layout),
            days=dict(sorted((self.days | {day: archived}).items())),
        )

    def since(self, first: date) -> "Manifest":
        """The manifest of the days from `first` on."""
        kept = {day: archived for day, archived in self.days.items() if day >= first}
        if len(kept) == len(self.days):
            return self
        return replace(self, days=kept, keptSince=max(first, self.keptSince or first))


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON, days in their order."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def decode(content: bytes, where: str) -> Manifest:
    """A manifest; raises ManifestError naming `where` it came from."""
    return manifest_file.decode(content, where, Manifest, LAYOUT)
